//! SHA-256 by the runtime, which is several times faster than in wasm.

use jobs_ingest_core::problem::Problem;
use js_sys::futures::JsFuture;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest, catch)]
    fn subtle_digest(algorithm: &str, bytes: &Uint8Array) -> Result<Promise, JsValue>;
}

pub async fn sha256(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let promise = subtle_digest("SHA-256", &Uint8Array::from(bytes));
    let promise = promise.map_err(|_| Problem::Internal)?;
    let digest = JsFuture::from(promise).await;
    let digest = digest.map_err(|_| Problem::Internal)?;
    Ok(Uint8Array::new(&digest).to_vec())
}
