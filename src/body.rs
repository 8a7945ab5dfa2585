//! Reading a body: never more than the limit, decompressed on the way.

use jobs_ingest_core::limits::MAX_BODY_BYTES;
use jobs_ingest_core::problem::Problem;
use js_sys::futures::JsFuture;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, ReadableStreamDefaultReader, ReadableWritablePair, WritableStream};
use worker::Request;

#[wasm_bindgen]
extern "C" {
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn readable(this: &DecompressionStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    fn writable(this: &DecompressionStream) -> WritableStream;
}

/// How much longer than its gzip a feed is expected to be; a wrong guess costs a reallocation.
/// Real feeds compress 4.4 times.
const EXPECTED_GZIP_RATIO: usize = 5;

/// The whole body, decompressed. `declared_bytes` is its Content-Length.
pub async fn read(
    request: &Request,
    is_gzip: bool,
    declared_bytes: Option<usize>,
) -> Result<Vec<u8>, Problem> {
    let declared = declared_bytes.unwrap_or(0);
    if declared > MAX_BODY_BYTES {
        return Err(Problem::BodyTooLarge);
    }
    let Some(stream) = request.inner().body() else {
        return Ok(Vec::new());
    };
    let stream: ReadableStream = stream.unchecked_into();
    let fault = match is_gzip {
        true => || Problem::InvalidGzip,
        false => || Problem::BodyIncomplete,
    };
    let (stream, capacity) = match is_gzip {
        true => {
            let stream = decompressed(&stream).map_err(|_| Problem::Internal)?;
            let capacity = declared.saturating_mul(EXPECTED_GZIP_RATIO);
            (stream, capacity.min(MAX_BODY_BYTES))
        }
        false => (stream, declared),
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut body = Vec::with_capacity(capacity);
    loop {
        let chunk = next_chunk(&reader).await.map_err(|_| fault())?;
        let Some(chunk) = chunk else { break };
        let chunk_bytes = chunk.length() as usize;
        let body_bytes = body.len();
        if chunk_bytes > MAX_BODY_BYTES - body_bytes {
            // What is still to come is refused, so that it is neither sent nor decompressed.
            let _ = reader.cancel();
            return Err(Problem::BodyTooLarge);
        }
        body.resize(body_bytes + chunk_bytes, 0);
        if let Some(end) = body.get_mut(body_bytes..) {
            chunk.copy_to(end);
        }
    }
    if !is_gzip && declared_bytes.is_some_and(|declared| declared != body.len()) {
        return Err(Problem::BodyIncomplete);
    }
    Ok(body)
}

fn decompressed(stream: &ReadableStream) -> Result<ReadableStream, JsValue> {
    let gzip = DecompressionStream::new("gzip")?;
    let pair = ReadableWritablePair::new(&gzip.readable(), &gzip.writable());
    Ok(stream.pipe_through(&pair))
}

/// The next bytes; `None` at the end.
async fn next_chunk(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, JsValue> {
    let result = JsFuture::from(reader.read()).await?;
    let is_done = Reflect::get(&result, &JsValue::from_str("done"))?.is_truthy();
    if is_done {
        return Ok(None);
    }
    let value = Reflect::get(&result, &JsValue::from_str("value"))?;
    Ok(Some(value.unchecked_into()))
}
