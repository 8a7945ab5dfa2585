//! The generated tables of the documentation.

use jobs_ingest_core::field::{FIELDS, FieldSpec, Kind, Limit};
use jobs_ingest_core::finding::FindingCode;

/// The fields of a posting.
pub fn fields() -> String {
    let mut table = String::from(
        "| field | meaning | accepts | limit | when not stated |\n|---|---|---|---|---|\n",
    );
    for spec in &FIELDS {
        let limit = spec.kind.limit().map(size).unwrap_or_default();
        table.push_str(&format!(
            "| `{}` | {} | {} | {limit} | {} |\n",
            spec.json_name,
            spec.summary(),
            spec.kind.accepts(),
            not_stated(spec),
        ));
    }
    table
}

/// The columns of the table `jobs`, in their order.
pub fn columns() -> String {
    let mut table = String::from(
        "| column | type | field | when not stated | limit | meaning |\n|---|---|---|---|---|---|\n",
    );
    for (column, sql_type) in schema_columns() {
        let row = match FIELDS.iter().find(|spec| spec.column == column) {
            Some(spec) => {
                let limit = spec.kind.limit().map(size).unwrap_or_default();
                format!(
                    "`{}` | {} | {limit} | {}",
                    spec.json_name,
                    not_stated(spec),
                    spec.summary()
                )
            }
            None => format!("| | | {}", meaning(column)),
        };
        table.push_str(&format!("| `{column}` | {sql_type} | {row} |\n"));
    }
    table
}

/// The columns that no field fills, and what the service keeps in them.
const OWN_COLUMNS: [(&str, &str); 7] = [
    (
        "id",
        "The number of the row, which never changes. New rows get rising numbers.",
    ),
    (
        "ingested_at",
        "The time of the request that last wrote the posting: new, changed, sent again after it was closed, \
         or any with `touch=true`.",
    ),
    (
        "created_at",
        "The time of the request that inserted the row.",
    ),
    (
        "content_hash",
        "A hash of what was sent, by which unchanged postings are recognised. Null after any other change of the row.",
    ),
    (
        "closed_at",
        "When the posting was closed; null while it is open.",
    ),
    (
        "closed_reason",
        "`absent` (not in a complete list), `requested` or `expired` (past `valid_through`).",
    ),
    (
        "missing_since",
        "The time of the first complete list without the posting, while it is not decided whether that closes it.",
    ),
];

fn meaning(column: &str) -> &'static str {
    let own = OWN_COLUMNS.iter().find(|(name, _)| *name == column);
    own.map_or("", |(_, meaning)| meaning)
}

/// Name and type of each column in schema.sql.
fn schema_columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    const SCHEMA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.sql"));
    let lines = SCHEMA.lines().map(str::trim);
    let table = lines
        .skip_while(|line| *line != "CREATE TABLE jobs (")
        .skip(1)
        .take_while(|line| !line.starts_with(')'));
    table
        .filter(|line| !line.starts_with("--"))
        .filter_map(|line| {
            let (name, rest) = line.trim_end_matches(',').split_once(' ')?;
            let sql_type = rest.split(' ').next()?;
            ["TEXT", "INTEGER", "REAL"]
                .contains(&sql_type)
                .then_some((name, sql_type))
        })
}

/// The limits of the fields; fields with the same limit share a row.
pub fn limits() -> String {
    let mut rows: Vec<(Limit, Vec<&str>)> = Vec::new();
    for spec in &FIELDS {
        let Some(limit) = spec.kind.limit() else {
            continue;
        };
        match rows.iter_mut().find(|(known, _)| *known == limit) {
            Some((_, names)) => names.push(spec.json_name),
            None => rows.push((limit, vec![spec.json_name])),
        }
    }
    let mut table = String::from("| field | limit | beyond it |\n|---|---|---|\n");
    for (limit, names) in rows {
        let over = match limit.over {
            FindingCode::Truncated => format!("truncated, with a warning `{}`", limit.over.name()),
            code => format!("error `{}`", code.name()),
        };
        table.push_str(&format!(
            "| {} | {} | {over} |\n",
            names.join(", "),
            size(limit)
        ));
    }
    table
}

/// The codes of errors and warnings.
pub fn codes() -> String {
    let mut table = String::from("| code of an error or warning | meaning |\n|---|---|\n");
    for code in FindingCode::ALL {
        table.push_str(&format!("| `{}` | {} |\n", code.name(), code.summary()));
    }
    table
}

fn size(limit: Limit) -> String {
    let size = format!("{} {}", limit.max, limit.unit);
    size.trim_end().to_owned()
}

fn not_stated(spec: &FieldSpec) -> String {
    if spec.is_required() {
        return format!("error `{}`", FindingCode::Missing.name());
    }
    let default = match (spec.kind, spec.default_json) {
        (Kind::Flag, "0") => "false",
        (_, json) => json,
    };
    match (spec.kind, spec.legacy_json) {
        (Kind::Source, _) => format!("`{default}`, or the only source of the token"),
        (_, Some(legacy)) => format!("`{legacy}`; {default} with `defaults=none`"),
        (_, None) if default.starts_with('"') => format!("`{default}`"),
        (_, None) => default.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_contain_no_separator() {
        for table in [fields(), columns(), limits(), codes()] {
            let cells = |line: &str| line.matches('|').count();
            let n_cells = table.lines().next().map(cells);
            assert!(
                table.lines().all(|line| Some(cells(line)) == n_cells),
                "{table}"
            );
        }
    }

    #[test]
    fn every_column_is_described() {
        let columns: Vec<&str> = schema_columns().map(|(name, _)| name).collect();
        assert_eq!(columns.len(), FIELDS.len() + OWN_COLUMNS.len());
        for column in columns {
            let is_field = FIELDS.iter().any(|spec| spec.column == column);
            assert_eq!(is_field, meaning(column).is_empty(), "{column}");
        }
    }

    #[test]
    fn row_states_the_default_of_an_unstated_value() {
        let of = |name: &str| {
            let spec = FIELDS.iter().find(|spec| spec.json_name == name);
            spec.map(not_stated).unwrap_or_default()
        };
        assert_eq!(of("externalId"), "error `missing`");
        assert_eq!(
            of("source"),
            "`\"manual\"`, or the only source of the token"
        );
        assert_eq!(of("title"), "`\"\"`");
        assert_eq!(of("isFeatured"), "false");
        assert_eq!(of("companyId"), "`1`; null with `defaults=none`");
        assert_eq!(of("url"), "null");
    }
}
