//! The rules of each kind of field.

use jobs_ingest_core::field::{Field, FieldSpec, Kind};
use jobs_ingest_core::limits::{
    MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_LABEL_CHARS, MAX_LANGUAGE_CHARS, MAX_REFERENCE_ID,
    MAX_URL_CHARS,
};
use serde_json::{Value, json};

use super::time::{self, When};
use super::verdict::{No, Said, Warnings};
use crate::json::Json;

/// What a posting says of a field with a value, or without one.
pub fn read(
    spec: &FieldSpec,
    value: Option<Json<'_>>,
    warnings: &mut Warnings,
) -> Result<Said, No> {
    if spec.kind == Kind::Id {
        return id(value.ok_or(No::Rejected)?);
    }
    let is_text = matches!(
        spec.kind,
        Kind::Source | Kind::Text { .. } | Kind::Texts { .. } | Kind::LongText { .. }
    );
    let value = match value {
        None => return Ok(Said::Nothing),
        Some(Json::Null) => return Ok(Said::Null),
        Some(Json::Bool(false)) if spec.kind != Kind::Flag => return Ok(Said::Nothing),
        Some(Json::Text(text)) if text.is_empty() => return Ok(Said::Null),
        // White space is a text, but nothing else.
        Some(Json::Text(text)) if !is_text && text.trim().is_empty() => return Ok(Said::Null),
        Some(value) => value,
    };
    match spec.kind {
        Kind::Id => Err(No::Opinion),
        Kind::Source => source(value),
        Kind::Text { max_chars } => {
            let is_zero_salary = spec.field == Field::Salary
                && matches!(value, Json::Number(literal) if literal.parse() == Ok(0.0));
            match is_zero_salary {
                true => Ok(Said::Nothing),
                false => Ok(cut(text(value)?, max_chars, warnings)),
            }
        }
        Kind::Texts { max_chars } => match value {
            Json::Array(array) => {
                let texts: Vec<Value> = serde_json::from_str(array).map_err(|_| No::Opinion)?;
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
            When::Epoch => Said::Nothing,
            When::Stored(text) => Said::Value(text.into()),
        }),
        Kind::Country => code(value, 2, "DE FR US GB AX ZW"),
        Kind::Currency => code(value, 3, "EUR USD GBP JPY AED ZWL"),
        Kind::Period => match code(value, 0, "YEAR MONTH WEEK DAY HOUR") {
            // That is all of them.
            Err(_) => Err(No::Rejected),
            period => period,
        },
        Kind::Language => language(value),
        Kind::Amount => amount(value),
        Kind::Object => object(value),
    }
}

/// A text or a number's text, white space around it removed.
fn id(value: Json<'_>) -> Result<Said, No> {
    let id = text(value)?;
    let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let n_chars = id.trim_matches(is_blank).chars().count();
    match id.contains('\0') || n_chars == 0 || n_chars > MAX_EXTERNAL_ID_CHARS {
        true => Err(No::Rejected),
        false => Ok(Said::Value(id.trim_matches(is_blank).into())),
    }
}

fn source(value: Json<'_>) -> Result<Said, No> {
    let source = text(value)?;
    match source.contains('\0') || source.chars().count() > MAX_LABEL_CHARS {
        true => Err(No::Rejected),
        false => Ok(Said::Value(source.into())),
    }
}

fn text(value: Json<'_>) -> Result<String, No> {
    match value {
        Json::Text(text) => Ok(text),
        Json::Number(literal) => number_text(literal),
        _ => Err(No::Rejected),
    }
}

/// The text that JavaScript gives a number, but with all digits of an integer.
fn number_text(literal: &str) -> Result<String, No> {
    let is_integer = !literal.contains(['.', 'e', 'E']);
    match literal.parse::<f64>().map_err(|_| No::Opinion)? {
        0.0 => Ok("0".to_owned()),
        _ if is_integer => Ok(literal.to_owned()),
        number if number.is_infinite() => Err(No::Rejected),
        // Rust never writes an exponent.
        number if (1e-6..1e21).contains(&number.abs()) => Ok(number.to_string()),
        _ => Err(No::Opinion),
    }
}

/// A text without U+0000, and no longer than it may be.
fn cut(mut text: String, max_chars: usize, warnings: &mut Warnings) -> Said {
    if text.contains('\0') {
        warnings.n_replaced += 1;
        text.retain(|c| c != '\0');
    }
    if text.chars().count() > max_chars {
        warnings.n_truncated += 1;
        text = text.chars().take(max_chars).collect();
    }
    match text.is_empty() {
        true => Said::Null,
        false => Said::Value(text.into()),
    }
}

fn reference(value: Json<'_>) -> Result<Said, No> {
    let id = match value {
        Json::Number(literal) => literal.parse::<f64>().map_err(|_| No::Opinion)?,
        Json::Text(text) => {
            let digits = text.strip_prefix('-').unwrap_or(&text);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(No::Rejected);
            }
            text.parse().map_err(|_| No::Opinion)?
        }
        _ => return Err(No::Rejected),
    };
    // Up to the limit, and a little beyond, a double has every integer.
    let is_reference = id.fract() == 0.0 && (0.0..=MAX_REFERENCE_ID as f64).contains(&id);
    match (is_reference, id) {
        (true, 0.0) => Ok(Said::Nothing),
        (true, id) => Ok(Said::Value(json!(id as u64))),
        (false, _) => Err(No::Rejected),
    }
}

fn flag(value: Json<'_>) -> Result<Said, No> {
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
        "true" | "1" | "yes" => Ok(Said::Value(json!(1))),
        "false" | "0" | "no" => Ok(Said::Value(json!(0))),
        _ => Err(No::Rejected),
    }
}

fn url(value: Json<'_>) -> Result<Said, No> {
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
        true => Ok(Said::Value(url.into())),
        false => Err(No::Rejected),
    }
}

/// A code in any case. Of those that have the right form only some are known here.
fn code(value: Json<'_>, n_letters: usize, known: &str) -> Result<Said, No> {
    let Json::Text(text) = value else {
        return Err(No::Rejected);
    };
    let code = text.trim().to_ascii_uppercase();
    if known.split(' ').any(|known| known == code) {
        return Ok(Said::Value(code.into()));
    }
    match code.len() == n_letters && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        true => Err(No::Opinion),
        false => Err(No::Rejected),
    }
}

fn language(value: Json<'_>) -> Result<Said, No> {
    let Json::Text(text) = value else {
        return Err(No::Rejected);
    };
    let tag = text.trim();
    let subtags: Vec<&str> = tag.split('-').collect();
    let is_ascii = tag.chars().all(|c| c == '-' || c.is_ascii_alphanumeric());
    let are_short = subtags.iter().all(|subtag| (1..=8).contains(&subtag.len()));
    let starts_well = subtags[0].len() > 1 && !subtags[0].contains(|c: char| c.is_ascii_digit());
    match is_ascii && are_short && starts_well && tag.len() <= MAX_LANGUAGE_CHARS {
        true => Ok(Said::Value(tag.into())),
        false => Err(No::Rejected),
    }
}

fn amount(value: Json<'_>) -> Result<Said, No> {
    let amount = match value {
        Json::Number(literal) => literal.parse(),
        // The text has to be JSON's, which knows neither `.5` nor `inf`.
        Json::Text(text) if serde_json::from_str::<serde_json::Number>(&text).is_ok() => {
            text.trim_matches([' ', '\t', '\r', '\n']).parse()
        }
        _ => return Err(No::Rejected),
    };
    match amount {
        Ok(0.0) => Ok(Said::Value(json!(0.0))),
        Ok(amount) if amount > 0.0 && f64::is_finite(amount) => Ok(Said::Value(json!(amount))),
        _ => Err(No::Rejected),
    }
}

fn object(value: Json<'_>) -> Result<Said, No> {
    match value {
        Json::Object(text) if text.len() <= MAX_EXTRA_BYTES => Ok(Said::Value(text.into())),
        // PHP writes an empty object so.
        Json::Array(text) if serde_json::from_str::<[(); 0]>(text).is_ok() => Ok(Said::Null),
        _ => Err(No::Rejected),
    }
}
