//! What the operator sets: bindings and secrets of wrangler.toml.

use jobs_ingest_core::auth::{Tokens, TokensError};
use worker::Env;

/// The D1 binding.
pub const DATABASE: &str = "DB";

/// The secret with the tokens.
const TOKENS: &str = "INGEST_TOKENS";

/// The tokens of the secret.
pub fn tokens(env: &Env) -> Result<Tokens, TokensError> {
    let secret = env.secret(TOKENS).map_err(|_| TokensError::None)?;
    Tokens::parse(&secret.to_string())
}
