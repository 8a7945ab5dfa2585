//! What the operator sets: bindings, variables and secrets of wrangler.toml.

use jobs_ingest_core::auth::{Tokens, TokensError};
use jobs_ingest_core::limits::DEFAULT_RETENTION_DAYS;
use worker::Env;

/// The D1 binding.
pub const DATABASE: &str = "DB";

/// The rate limit of each token's name.
pub const TOKEN_LIMIT: &str = "TOKEN_LIMIT";

/// The rate limit of each address that sends wrong tokens.
pub const WRONG_TOKEN_LIMIT: &str = "WRONG_TOKEN_LIMIT";

/// The tokens of secret `INGEST_TOKENS`.
pub fn tokens(env: &Env) -> Result<Tokens, TokensError> {
    let secret = env.secret("INGEST_TOKENS").map_err(|_| TokensError::None)?;
    Tokens::parse(&secret.to_string())
}

/// Variable `CORS_ORIGINS`: comma-separated origins whose pages may call; none when it is not set.
pub fn cors_origins(env: &Env) -> Option<String> {
    env.var("CORS_ORIGINS").ok().map(|value| value.to_string())
}

/// Variable `RETENTION_DAYS`; the text of what is set when it is no number.
pub fn retention_days(env: &Env) -> Result<u64, String> {
    match env.var("RETENTION_DAYS") {
        Ok(days) => {
            let days = days.to_string();
            days.parse().map_err(|_| days)
        }
        Err(_) => Ok(DEFAULT_RETENTION_DAYS),
    }
}
