#!/bin/sh
# A file of NDJSON in requests of 5,000 lines, one after the other.
set -eu
file=$1
url=$2
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
split -l 5000 "$file" "$folder/part-"
for part in "$folder"/part-*; do
  curl -fsS -o /dev/null --data-binary "@$part" -H "Authorization: Bearer $JOBS_INGEST_TOKEN" \
    -H 'Content-Type: application/x-ndjson' "$url/jobs/ingest?defaults=none"
done
