//! The rows of a JSON body.

use serde_json::value::RawValue;

use crate::document::Envelope;
use crate::error::Error;
use crate::findings::Skip;
use crate::format::Spec;
use crate::json::Json;
use crate::rows::{Row, Rows};

/// Maps the rows of a JSON body, at least one of which must have the marks of the format.
pub(crate) fn json_rows(
    spec: &Spec,
    rows: &mut Rows<'_>,
    envelope: &Envelope<'_>,
    raws: &[&RawValue],
    is_marked: impl Fn(&Json<'_>) -> bool,
    build: impl Fn(&Json<'_>, &mut Row<'_>) -> Result<(), Skip>,
) -> Result<(), Error> {
    let mut n_marked: u64 = 0;
    for raw in raws {
        rows.add_json(raw.get(), |json, row| {
            n_marked += u64::from(is_marked(json));
            build(json, row)
        })?;
    }
    if n_marked == 0 && !raws.is_empty() {
        return Err(marks_missing(spec, envelope));
    }
    Ok(())
}

/// The error for a body without the marks of its format.
pub(crate) fn marks_missing(spec: &Spec, envelope: &Envelope<'_>) -> Error {
    Error::MarksMissing {
        format: spec.format,
        expected: spec.marks,
        found: envelope.describe(),
    }
}
