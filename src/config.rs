//! What the operator sets: bindings, variables and secrets of wrangler.toml.

use jobs_ingest_core::auth::{Tokens, TokensError};
use jobs_ingest_core::settings::{Settings, Variable};
use js_sys::{Array, Number, Reflect};
use worker::Env;

/// The D1 binding.
pub const DATABASE: &str = "DB";

/// The rate limit of each token's name.
pub const TOKEN_LIMIT: &str = "TOKEN_LIMIT";

/// The rate limit of each address that sends wrong tokens.
pub const WRONG_TOKEN_LIMIT: &str = "WRONG_TOKEN_LIMIT";

/// The tokens of secret `INGEST_TOKENS`.
pub fn tokens(env: &Env) -> Result<Tokens, TokensError> {
    match variable(env, "INGEST_TOKENS") {
        Variable::Absent => Err(TokensError::None),
        Variable::Text(secret) => Tokens::parse(&secret),
        Variable::Other(_) => Err(TokensError::NotText),
    }
}

pub fn settings(env: &Env) -> Settings {
    Settings::read(|name| variable(env, name))
}

/// A variable or secret, which are the same to a Worker. `Env::var` takes one that is no text for one
/// that is not set, and TOML's `RETENTION_DAYS = 7` is a number.
fn variable(env: &Env, name: &str) -> Variable {
    let Ok(value) = Reflect::get(env, &name.into()) else {
        return Variable::Absent;
    };
    if value.is_undefined() {
        return Variable::Absent;
    }
    if let Some(text) = value.as_string() {
        return Variable::Text(text);
    }
    if let Some(number) = value.as_f64()
        && let Ok(text) = Number::from(number).to_string_with_radix(10)
    {
        return Variable::Text(text.into());
    }
    Variable::Other(match value.as_bool() {
        Some(_) => "a boolean",
        None if value.is_null() => "null",
        None if Array::is_array(&value) => "an array",
        None => "a table or another binding",
    })
}
