//! The usage of a token name's quotas.

/// `?1` token name, `?2` and `?3` ids with `?2` ≤ `?3`: rows and bytes of the accepted requests
/// from `?2` up to `?3`, and from `?3` on.
pub const USAGE: &str = "\
SELECT coalesce(sum(inserted + updated + unchanged) FILTER (WHERE id < ?3), 0) AS settled_rows,
  coalesce(sum(body_bytes) FILTER (WHERE id < ?3), 0) AS settled_bytes,
  coalesce(sum(inserted + updated + unchanged) FILTER (WHERE id >= ?3), 0) AS unsettled_rows,
  coalesce(sum(body_bytes) FILTER (WHERE id >= ?3), 0) AS unsettled_bytes
FROM ingest_runs WHERE token_name = ?1 AND id >= ?2 AND status < 300";
