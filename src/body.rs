//! Reading a body: never more than the limit, decompressed on the way.

use jobs_ingest_core::limits::MAX_BODY_BYTES;
use jobs_ingest_core::problem::Problem;
use js_sys::futures::JsFuture;
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, ReadableWritablePair, WritableStream};
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

    /// A reader that fills our buffers. The default one hands out 4 KB at a time, and each costs
    /// a turn of the event loop: 8 MB took ten times as long with it.
    type ReadableStreamBYOBReader;

    #[wasm_bindgen(constructor, catch)]
    fn over(stream: &ReadableStream) -> Result<ReadableStreamBYOBReader, JsValue>;

    #[wasm_bindgen(method)]
    fn read(this: &ReadableStreamBYOBReader, view: &Uint8Array, options: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    fn cancel(this: &ReadableStreamBYOBReader) -> Promise;

    /// Bytes as a stream.
    type Response;

    #[wasm_bindgen(constructor, catch)]
    fn holding(bytes: &Uint8Array) -> Result<Response, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn body(this: &Response) -> Option<ReadableStream>;
}

/// How much longer than its gzip a feed is expected to be; a wrong guess costs a reallocation.
/// Real feeds compress 4.4 times.
const EXPECTED_GZIP_RATIO: usize = 5;

/// Bytes of one read. Each costs a turn of the event loop and a buffer that lives until JavaScript's
/// next garbage collection, so neither 4 KB nor the whole body.
const CHUNK_BYTES: usize = 1024 * 1024;

/// The whole body, decompressed. `declared_bytes` is its Content-Length.
pub async fn read(
    request: &Request,
    is_gzip: bool,
    declared_bytes: Option<usize>,
) -> Result<Vec<u8>, Problem> {
    if declared_bytes.is_some_and(|declared| declared > MAX_BODY_BYTES) {
        return Err(Problem::BodyTooLarge);
    }
    let Some(stream) = request.inner().body() else {
        return match is_gzip {
            true => Err(Problem::InvalidGzip),
            false => Ok(Vec::new()),
        };
    };
    let declared = declared_bytes.unwrap_or(0);
    let body = collect(&stream.unchecked_into(), declared, Problem::BodyIncomplete).await?;
    if declared_bytes.is_some_and(|declared| declared != body.len()) {
        return Err(Problem::BodyIncomplete);
    }
    match is_gzip {
        true => gunzip(&body).await,
        false => Ok(body),
    }
}

/// Decompresses a body that has been received whole: were it decompressed while it comes in, a
/// fault in it would break the connection off before the client has sent everything, and it would
/// see that instead of the answer.
async fn gunzip(body: &[u8]) -> Result<Vec<u8>, Problem> {
    let stream = decompressed(body).ok().flatten().ok_or(Problem::Internal)?;
    let expected_bytes = body.len().saturating_mul(EXPECTED_GZIP_RATIO);
    collect(
        &stream,
        expected_bytes.min(MAX_BODY_BYTES),
        Problem::InvalidGzip,
    )
    .await
}

fn decompressed(body: &[u8]) -> Result<Option<ReadableStream>, JsValue> {
    let gzip = DecompressionStream::new("gzip")?;
    let pair = ReadableWritablePair::new(&gzip.readable(), &gzip.writable());
    let stream = Response::holding(&Uint8Array::from(body))?.body();
    Ok(stream.map(|stream| stream.pipe_through(&pair)))
}

/// All bytes of a stream; `fault` when it breaks off.
async fn collect(
    stream: &ReadableStream,
    expected_bytes: usize,
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
        if chunk_bytes > MAX_BODY_BYTES - body.len() {
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
