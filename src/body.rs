//! Reading a body: never more than the limit, compressed or not.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use jobs_ingest_core::gzip::{GzipError, declared_bytes, gunzip};
use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_GZIP_BYTES, READ_CHUNK_BYTES, READ_CHUNK_MS};
use jobs_ingest_core::problem::Problem;
use js_sys::futures::JsFuture;
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ReadableStream;
use worker::{Delay, Request};

use crate::admission::Place;

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

/// A body as it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub is_gzip: bool,
    /// Its Content-Length.
    pub declared_bytes: Option<usize>,
}

impl Form {
    /// Bytes that may come.
    pub fn expected_bytes(self) -> Result<usize, Problem> {
        let limit_bytes = self.limit_bytes();
        match self.declared_bytes.unwrap_or(limit_bytes) {
            bytes if bytes > limit_bytes => Err(Problem::BodyTooLarge),
            bytes => Ok(bytes),
        }
    }

    fn limit_bytes(self) -> usize {
        match self.is_gzip {
            true => MAX_GZIP_BYTES,
            false => MAX_BODY_BYTES,
        }
    }
}

/// The whole body, as it is sent. `place` is where it is received.
pub async fn read(request: &Request, form: Form, place: &Place) -> Result<Vec<u8>, Problem> {
    let Some(stream) = request.inner().body() else {
        return Ok(Vec::new());
    };
    let body = collect(
        &stream.unchecked_into(),
        form.declared_bytes,
        form.limit_bytes(),
        place,
    )
    .await?;
    match form.declared_bytes {
        Some(declared) if declared != body.len() => Err(Problem::BodyIncomplete),
        _ => Ok(body),
    }
}

/// The length of a received body once it is unpacked. A gzip that declares less than it holds is
/// rejected when it is unpacked, and what it held is freed before any other request runs.
pub fn unpacked_bytes(body: &[u8], form: Form) -> usize {
    match form.is_gzip {
        true => declared_bytes(body).min(MAX_BODY_BYTES),
        false => body.len(),
    }
}

/// The body, decompressed. Once it has been received whole: an answer before the client has sent
/// everything would be lost on clients that send first and read then.
pub fn unpack(body: Vec<u8>, form: Form) -> Result<Vec<u8>, Problem> {
    if !form.is_gzip {
        return Ok(body);
    }
    gunzip(&body, MAX_BODY_BYTES).map_err(|error| match error {
        GzipError::Invalid => Problem::InvalidGzip,
        GzipError::TooLong => Problem::BodyTooLarge,
        GzipError::TooManyBlocks => Problem::TooManyBlocks,
    })
}

/// All bytes of a stream, `limit_bytes` at the most.
async fn collect(
    stream: &ReadableStream,
    declared_bytes: Option<usize>,
    limit_bytes: usize,
    place: &Place,
) -> Result<Vec<u8>, Problem> {
    let Ok(reader) = ReadableStreamBYOBReader::over(stream) else {
        return Err(Problem::Internal);
    };
    let mut body = Vec::with_capacity(declared_bytes.unwrap_or(0));
    loop {
        // One more than should come: the end shows by its not coming.
        let due_bytes = declared_bytes.map(|declared| declared.saturating_sub(body.len()) + 1);
        let wanted_bytes = due_bytes.map_or(READ_CHUNK_BYTES, |due| due.min(READ_CHUNK_BYTES));
        let Some(Ok(chunk)) = in_time(next_chunk(&reader, wanted_bytes)).await else {
            // It broke off, or nothing has come for too long.
            let _ = reader.cancel();
            return Err(Problem::BodyIncomplete);
        };
        place.renew();
        let chunk_bytes = chunk.length() as usize;
        if due_bytes == Some(chunk_bytes) {
            // Longer than it said.
            let _ = reader.cancel();
            return Err(Problem::BodyIncomplete);
        }
        if chunk_bytes > limit_bytes - body.len() {
            // What is still to come is refused, so that it is neither sent nor decompressed.
            let _ = reader.cancel();
            return Err(Problem::BodyTooLarge);
        }
        let body_bytes = body.len();
        // Of a length that nobody said: up to a chunk what has come, then at once all that may come,
        // which is what the place is for. Growing by doubling would hold three times the bytes.
        if body.capacity() - body_bytes < chunk_bytes {
            body.reserve_exact(match chunk_bytes < wanted_bytes {
                true => chunk_bytes,
                false => limit_bytes - body_bytes,
            });
        }
        body.resize(body_bytes + chunk_bytes, 0);
        if let Some(end) = body.get_mut(body_bytes..) {
            chunk.copy_to(end);
        }
        if chunk_bytes < wanted_bytes {
            body.shrink_to_fit();
            return Ok(body);
        }
    }
}

/// What comes within [`READ_CHUNK_MS`].
async fn in_time<T>(chunk: impl Future<Output = T>) -> Option<T> {
    let mut chunk = pin!(chunk);
    let mut end = pin!(Delay::from(Duration::from_millis(READ_CHUNK_MS)));
    poll_fn(|context| match chunk.as_mut().poll(context) {
        Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
        Poll::Pending => end.as_mut().poll(context).map(|()| None),
    })
    .await
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
