//! Reading a body: never more than the limit, compressed or not.

use jobs_ingest_core::gzip::{GzipError, gunzip};
use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_GZIP_BYTES};
use jobs_ingest_core::problem::Problem;
use js_sys::futures::JsFuture;
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ReadableStream;
use worker::Request;

#[wasm_bindgen]
extern "C" {
    /// A reader that fills our buffers. The default one hands out 4 KB at a time, and each costs
    /// a turn of the event loop: 8 MB took ten times as long with it.
    type ReadableStreamBYOBReader;

    #[wasm_bindgen(constructor, catch)]
    fn over(stream: &ReadableStream) -> Result<ReadableStreamBYOBReader, JsValue>;

    #[wasm_bindgen(method)]
    fn read(this: &ReadableStreamBYOBReader, view: &Uint8Array, options: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    fn cancel(this: &ReadableStreamBYOBReader) -> Promise;
}

/// Bytes of one read. Each costs a turn of the event loop and a buffer that lives until JavaScript's
/// next garbage collection, so neither 4 KB nor the whole body.
const CHUNK_BYTES: usize = 1024 * 1024;

/// The whole body, decompressed. `declared_bytes` is its Content-Length.
pub async fn read(
    request: &Request,
    is_gzip: bool,
    declared_bytes: Option<usize>,
) -> Result<Vec<u8>, Problem> {
    let limit_bytes = match is_gzip {
        true => MAX_GZIP_BYTES,
        false => MAX_BODY_BYTES,
    };
    if declared_bytes.is_some_and(|declared| declared > limit_bytes) {
        return Err(Problem::BodyTooLarge);
    }
    let Some(stream) = request.inner().body() else {
        return match is_gzip {
            true => Err(Problem::InvalidGzip),
            false => Ok(Vec::new()),
        };
    };
    let body = collect(
        &stream.unchecked_into(),
        declared_bytes.unwrap_or(0),
        limit_bytes,
        Problem::BodyIncomplete,
    )
    .await?;
    if declared_bytes.is_some_and(|declared| declared != body.len()) {
        return Err(Problem::BodyIncomplete);
    }
    if !is_gzip {
        return Ok(body);
    }
    // Once it has been received whole: an answer before the client has sent everything would be lost
    // on clients that send first and read then.
    gunzip(&body, MAX_BODY_BYTES).map_err(|error| match error {
        GzipError::Invalid => Problem::InvalidGzip,
        GzipError::TooLong => Problem::BodyTooLarge,
    })
}

/// All bytes of a stream, `limit_bytes` at the most; `fault` when it breaks off.
async fn collect(
    stream: &ReadableStream,
    expected_bytes: usize,
    limit_bytes: usize,
    fault: Problem,
) -> Result<Vec<u8>, Problem> {
    let Ok(reader) = ReadableStreamBYOBReader::over(stream) else {
        return Err(Problem::Internal);
    };
    let mut body = Vec::with_capacity(expected_bytes);
    loop {
        let Ok(chunk) = next_chunk(&reader, CHUNK_BYTES).await else {
            return Err(fault);
        };
        let chunk_bytes = chunk.length() as usize;
        if chunk_bytes > limit_bytes - body.len() {
            // What is still to come is refused, so that it is neither sent nor decompressed.
            let _ = reader.cancel();
            return Err(Problem::BodyTooLarge);
        }
        let body_bytes = body.len();
        body.resize(body_bytes + chunk_bytes, 0);
        if let Some(end) = body.get_mut(body_bytes..) {
            chunk.copy_to(end);
        }
        if chunk_bytes < CHUNK_BYTES {
            return Ok(body);
        }
    }
}

/// The next `wanted_bytes` bytes, fewer only at the end of the stream.
async fn next_chunk(
    reader: &ReadableStreamBYOBReader,
    wanted_bytes: usize,
) -> Result<Uint8Array, JsValue> {
    let wanted = u32::try_from(wanted_bytes).map_err(|_| JsValue::UNDEFINED)?;
    let options = Object::new();
    Reflect::set(&options, &JsValue::from_str("min"), &JsValue::from(wanted))?;
    let view = Uint8Array::new_with_length(wanted);
    let result = JsFuture::from(reader.read(&view, &options)).await?;
    let value = Reflect::get(&result, &JsValue::from_str("value"))?;
    // At the end some runtimes hand back an empty view, some none.
    Ok(value
        .dyn_into()
        .unwrap_or_else(|_| Uint8Array::new_with_length(0)))
}
