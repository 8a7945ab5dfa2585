//! The rules of each kind of field.

use jobs_ingest_core::field::{Field, FieldSpec, Kind};
use jobs_ingest_core::limits::{
    MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_LABEL_CHARS, MAX_LANGUAGE_CHARS, MAX_REFERENCE_ID,
    MAX_URL_CHARS,
};
use serde_json::{Value, json};

use super::time::{self, When};
use super::verdict::{No, Stated, Warnings};
use crate::json::Json;

/// What a posting states about a field with this value, or without one.
pub fn read(
    spec: &FieldSpec,
    value: Option<Json<'_>>,
    warnings: &mut Warnings,
) -> Result<Stated, No> {
    if spec.kind == Kind::Id {
        return id(value.ok_or(No::Rejected)?);
    }
    let is_text = matches!(
        spec.kind,
        Kind::Source | Kind::Text { .. } | Kind::Texts { .. } | Kind::LongText { .. }
    );
    let value = match value {
        None => return Ok(Stated::Absent),
        Some(Json::Null) => return Ok(Stated::Null),
        Some(Json::Bool(false)) if spec.kind != Kind::Flag => return Ok(Stated::Absent),
        Some(Json::Text(text)) if text.is_empty() => return Ok(Stated::Null),
        // Only text fields accept white space.
        Some(Json::Text(text)) if !is_text && text.trim().is_empty() => return Ok(Stated::Null),
        Some(value) => value,
    };
    match spec.kind {
        Kind::Id => Err(No::Abstain),
        Kind::Source => source(value),
        Kind::Text { max_chars } => {
            let is_zero_salary = spec.field == Field::Salary
                && matches!(value, Json::Number(literal) if literal.parse() == Ok(0.0));
            match is_zero_salary {
                true => Ok(Stated::Absent),
                false => Ok(cut(text(value)?, max_chars, warnings)),
            }
        }
        Kind::Texts { max_chars } => match value {
            Json::Array(array) => {
                let texts: Vec<Value> = serde_json::from_str(array).map_err(|_| No::Abstain)?;
                let texts: Option<Vec<&str>> = texts.iter().map(Value::as_str).collect();
                let mut texts = texts.ok_or(No::Rejected)?;
                texts.retain(|text| !text.is_empty());
                Ok(cut(texts.join("; "), max_chars, warnings))
            }
            value => Ok(cut(text(value)?, max_chars, warnings)),
        },
        Kind::LongText { max_bytes } => match text(value)? {
            text if text.len() > max_bytes => Err(No::Rejected),
            text => Ok(cut(text, max_bytes, warnings)),
        },
        Kind::Reference => reference(value),
        Kind::Flag => flag(value),
        Kind::Url => url(value),
        Kind::Time => Ok(match time::read(value)? {
            When::Epoch => Stated::Absent,
            When::Stored(text) => Stated::Value(text.into()),
        }),
        Kind::Country => code(value, 2, "DE FR US GB AX ZW"),
        Kind::Currency => code(value, 3, "EUR USD GBP JPY AED ZWL"),
        Kind::Period => match code(value, 0, "YEAR MONTH WEEK DAY HOUR") {
            // All other texts are invalid.
            Err(_) => Err(No::Rejected),
            period => period,
        },
        Kind::Language => language(value),
        Kind::Amount => amount(value),
        Kind::Object => object(value),
    }
}

/// A text, or a number as text, trimmed.
fn id(value: Json<'_>) -> Result<Stated, No> {
    let id = text(value)?;
    let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let n_chars = id.trim_matches(is_blank).chars().count();
    match id.contains('\0') || n_chars == 0 || n_chars > MAX_EXTERNAL_ID_CHARS {
        true => Err(No::Rejected),
        false => Ok(Stated::Value(id.trim_matches(is_blank).into())),
    }
}

fn source(value: Json<'_>) -> Result<Stated, No> {
    let source = text(value)?;
    match source.contains('\0') || source.chars().count() > MAX_LABEL_CHARS {
        true => Err(No::Rejected),
        false => Ok(Stated::Value(source.into())),
    }
}

fn text(value: Json<'_>) -> Result<String, No> {
    match value {
        Json::Text(text) => Ok(text),
        Json::Number(literal) => number_text(literal),
        _ => Err(No::Rejected),
    }
}

/// A number as JavaScript prints it, but with all digits of an integer.
fn number_text(literal: &str) -> Result<String, No> {
    let is_integer = !literal.contains(['.', 'e', 'E']);
    match literal.parse::<f64>().map_err(|_| No::Abstain)? {
        0.0 => Ok("0".to_owned()),
        _ if is_integer => Ok(literal.to_owned()),
        number if number.is_infinite() => Err(No::Rejected),
        // Rust never prints an exponent.
        number if (1e-6..1e21).contains(&number.abs()) => Ok(number.to_string()),
        _ => Err(No::Abstain),
    }
}

/// Removes U+0000 and truncates to `max_chars`.
fn cut(mut text: String, max_chars: usize, warnings: &mut Warnings) -> Stated {
    if text.contains('\0') {
        warnings.n_replaced += 1;
        text.retain(|c| c != '\0');
    }
    if text.chars().count() > max_chars {
        warnings.n_truncated += 1;
        text = text.chars().take(max_chars).collect();
    }
    match text.is_empty() {
        true => Stated::Null,
        false => Stated::Value(text.into()),
    }
}

fn reference(value: Json<'_>) -> Result<Stated, No> {
    let id = match value {
        Json::Number(literal) => literal.parse::<f64>().map_err(|_| No::Abstain)?,
        Json::Text(text) => {
            let digits = text.strip_prefix('-').unwrap_or(&text);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(No::Rejected);
            }
            text.parse().map_err(|_| No::Abstain)?
        }
        _ => return Err(No::Rejected),
    };
    // A double represents every integer up to the limit, and slightly beyond.
    let is_reference = id.fract() == 0.0 && (0.0..=MAX_REFERENCE_ID as f64).contains(&id);
    match (is_reference, id) {
        (true, 0.0) => Ok(Stated::Absent),
        (true, id) => Ok(Stated::Value(json!(id as u64))),
        (false, _) => Err(No::Rejected),
    }
}

fn flag(value: Json<'_>) -> Result<Stated, No> {
    let word = match value {
        Json::Bool(flag) => flag.to_string(),
        Json::Number(literal) => match literal.parse::<f64>() {
            Ok(0.0) => "0".to_owned(),
            Ok(1.0) => "1".to_owned(),
            _ => return Err(No::Rejected),
        },
        Json::Text(text) => text.trim().to_ascii_lowercase(),
        _ => return Err(No::Rejected),
    };
    match word.as_str() {
        "true" | "1" | "yes" => Ok(Stated::Value(json!(1))),
        "false" | "0" | "no" => Ok(Stated::Value(json!(0))),
        _ => Err(No::Rejected),
    }
}

fn url(value: Json<'_>) -> Result<Stated, No> {
    let Json::Text(text) = value else {
        return Err(No::Rejected);
    };
    let url = text.trim();
    let (scheme, rest) = url.split_once("://").ok_or(No::Rejected)?;
    let is_web = ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str());
    let starts_well = rest.starts_with(|c: char| c == '[' || c.is_alphanumeric());
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || "\"\\<>\u{fffd}".contains(c);
    let is_short = url.chars().count() <= MAX_URL_CHARS;
    match is_web && starts_well && is_short && !url.contains(is_bad) {
        true => Ok(Stated::Value(url.into())),
        false => Err(No::Rejected),
    }
}

/// A code in any case. Abstains for well-formed codes that are not in `known`.
fn code(value: Json<'_>, n_letters: usize, known: &str) -> Result<Stated, No> {
    let Json::Text(text) = value else {
        return Err(No::Rejected);
    };
    let code = text.trim().to_ascii_uppercase();
    if known.split(' ').any(|known| known == code) {
        return Ok(Stated::Value(code.into()));
    }
    match code.len() == n_letters && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        true => Err(No::Abstain),
        false => Err(No::Rejected),
    }
}

fn language(value: Json<'_>) -> Result<Stated, No> {
    let Json::Text(text) = value else {
        return Err(No::Rejected);
    };
    let tag = text.trim();
    let subtags: Vec<&str> = tag.split('-').collect();
    let is_ascii = tag.chars().all(|c| c == '-' || c.is_ascii_alphanumeric());
    let are_short = subtags.iter().all(|subtag| (1..=8).contains(&subtag.len()));
    let starts_well = subtags[0].len() > 1 && !subtags[0].contains(|c: char| c.is_ascii_digit());
    match is_ascii && are_short && starts_well && tag.len() <= MAX_LANGUAGE_CHARS {
        true => Ok(Stated::Value(tag.into())),
        false => Err(No::Rejected),
    }
}

fn amount(value: Json<'_>) -> Result<Stated, No> {
    let amount = match value {
        Json::Number(literal) => literal.parse(),
        // The text must be a JSON number, which excludes `.5` and `inf`.
        Json::Text(text) if serde_json::from_str::<serde_json::Number>(&text).is_ok() => {
            text.trim_matches([' ', '\t', '\r', '\n']).parse()
        }
        _ => return Err(No::Rejected),
    };
    match amount {
        Ok(0.0) => Ok(Stated::Value(json!(0.0))),
        Ok(amount) if amount > 0.0 && f64::is_finite(amount) => Ok(Stated::Value(json!(amount))),
        _ => Err(No::Rejected),
    }
}

fn object(value: Json<'_>) -> Result<Stated, No> {
    match value {
        Json::Object(text) if text.len() <= MAX_EXTRA_BYTES => Ok(Stated::Value(text.into())),
        // How PHP encodes an empty object.
        Json::Array(text) if serde_json::from_str::<[(); 0]>(text).is_ok() => Ok(Stated::Null),
        _ => Err(No::Rejected),
    }
}
