//! Reading a body: never more than the limit, compressed or not.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::gzip::{DeclaredBytes, GzipError, gunzip};
use jobs_ingest_core::limits::{
    GIVE_WAY_POLL_MS, MAX_BODY_BYTES, MIN_RESERVED_BYTES, READ_CHUNK_BYTES, READ_CHUNK_MS,
};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::problem::Problem;
use js_sys::futures::JsFuture;
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ReadableStream;
use worker::{Delay, Request};

use super::form::Form;
use super::media::Head;
use crate::call::Call;
use crate::isolate::{Admission, Reservation};

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

/// A body as sent, in the chunks in which it arrived: a single buffer would have to be as long as the
/// declared length before any of it has arrived.
#[derive(Debug, Default)]
struct Sent {
    chunks: Vec<Vec<u8>>,
    n_bytes: usize,
}

impl Sent {
    pub fn len(&self) -> usize {
        self.n_bytes
    }

    /// The memory that processing takes: the unpacked length, or the length as sent if that is more. A
    /// gzip file that declares less than it holds is refused while it is unpacked, and its memory is
    /// freed before any other request runs.
    pub fn work_bytes(&self, form: Form) -> usize {
        match form.is_gzip {
            true => self
                .declared_bytes()
                .clamp(self.n_bytes, MAX_BODY_BYTES.max(self.n_bytes)),
            false => self.n_bytes,
        }
    }

    /// The body in one buffer, decompressed. Not while it is being received: clients that send everything
    /// before they read would never see an early answer.
    pub fn unpack(self, form: Form) -> Result<Vec<u8>, Problem> {
        let body = self.join();
        if !form.is_gzip {
            return Ok(body);
        }
        gunzip(&body, MAX_BODY_BYTES).map_err(|error| match error {
            GzipError::Invalid => Problem::InvalidGzip,
            GzipError::TooLong => Problem::BodyTooLarge,
            GzipError::TooManyBlocks => Problem::TooManyBlocks,
        })
    }

    fn push(&mut self, chunk: Vec<u8>) {
        self.n_bytes += chunk.len();
        self.chunks.push(chunk);
    }

    /// The unpacked length that a gzip file declares.
    fn declared_bytes(&self) -> usize {
        let mut declared = DeclaredBytes::default();
        for chunk in &self.chunks {
            declared.read(chunk);
        }
        declared.sum()
    }

    fn join(mut self) -> Vec<u8> {
        match self.chunks.len() {
            1 => self.chunks.pop().unwrap_or_default(),
            _ => self.chunks.concat(),
        }
    }
}

/// Receives a body and unpacks it. The memory to process it is held until the request is answered.
pub async fn receive(
    request: &Request,
    head: &Head,
    caller: &Caller,
    call: &mut Call,
) -> Result<(Vec<u8>, BodyFormat), Problem> {
    let form = head.form;
    // A body without a Content-Length starts with the smallest reservation.
    let declared_bytes = form.announced_bytes()?.unwrap_or(0);
    let reading = Reservation::to_read(&caller.name, declared_bytes).await;
    let reading = admitted(reading, "wait_read", call)?;
    let sent = read(request, form, &reading).await;
    // A stage that fails took its time, too.
    call.log.stage("read");
    if sent.is_err() && reading.is_cancelled() {
        call.log.note("cancelled_for_others", true);
    }
    let sent = sent?;
    let work_bytes = sent.work_bytes(form);
    let memory = Reservation::to_work(&caller.name, work_bytes).await;
    call.held.memory = Some(admitted(memory, "wait_work", call)?);
    let body = sent.unpack(form)?;
    drop(reading);
    let format = head.content_type.format_of(&body).map_err(|charset| {
        let charset = charset.to_owned();
        Problem::UnsupportedCharset { charset }
    })?;
    call.log.note("body_bytes", body.len());
    Ok((body, format))
}

/// The reservation; the wait is logged as a stage if there was one.
fn admitted(
    admission: Admission,
    stage: &'static str,
    call: &mut Call,
) -> Result<Reservation, Problem> {
    if admission.has_waited {
        call.log.stage(stage);
    }
    admission.granted
}

/// The whole body as sent, received into this reservation.
async fn read(request: &Request, form: Form, reservation: &Reservation) -> Result<Sent, Problem> {
    let announced_bytes = form.announced_bytes()?;
    let Some(stream) = request.inner().body() else {
        return Ok(Sent::default());
    };
    let Ok(reader) = ReadableStreamBYOBReader::over(&stream.unchecked_into()) else {
        return Err(Problem::Internal);
    };
    let body = collect(&reader, announced_bytes, form.limit_bytes(), reservation).await;
    match &body {
        Ok(body) => reservation.resize(body.len()),
        // Refuses the rest, so that the client stops sending.
        Err(_) => {
            let _ = reader.cancel();
        }
    }
    body
}

/// All bytes of a stream: the declared number if there is one, at most `limit_bytes`.
async fn collect(
    reader: &ReadableStreamBYOBReader,
    announced_bytes: Option<usize>,
    limit_bytes: usize,
    reservation: &Reservation,
) -> Result<Sent, Problem> {
    let mut body = Sent::default();
    loop {
        let (wanted_bytes, reserved_bytes) = match announced_bytes {
            // One byte more than declared: only a read that falls short shows the end.
            Some(announced) => {
                let due_bytes = announced.saturating_sub(body.len());
                let wanted_bytes = (due_bytes + 1).min(READ_CHUNK_BYTES);
                (wanted_bytes, body.len() + wanted_bytes.min(due_bytes))
            }
            // Counts as small at first, and then as long as the limit allows.
            None => match body.len() {
                0 => (MIN_RESERVED_BYTES, MIN_RESERVED_BYTES),
                MIN_RESERVED_BYTES => (READ_CHUNK_BYTES, limit_bytes),
                n_bytes => (
                    READ_CHUNK_BYTES,
                    limit_bytes.min(n_bytes + READ_CHUNK_BYTES),
                ),
            },
        };
        reservation.grow(reserved_bytes).await?;
        let chunk = in_time(next_chunk(reader, wanted_bytes), reservation).await?;
        // The connection was cut.
        let chunk = chunk.map_err(|_| Problem::BodyIncomplete)?;
        let chunk_bytes = chunk.length() as usize;
        if chunk_bytes > limit_bytes - body.len() {
            return Err(Problem::BodyTooLarge);
        }
        body.push(chunk.to_vec());
        reservation.arrived(body.len());
        let is_at_end = chunk_bytes < wanted_bytes;
        match announced_bytes {
            Some(announced) if body.len() > announced => return Err(Problem::BodyIncomplete),
            Some(announced) if is_at_end && body.len() < announced => {
                return Err(Problem::BodyIncomplete);
            }
            _ if is_at_end => return Ok(body),
            _ => {}
        }
    }
}

/// A chunk, if it arrives within [`READ_CHUNK_MS`] and others do not need the memory before that.
async fn in_time<T>(
    chunk: impl Future<Output = T>,
    reservation: &Reservation,
) -> Result<T, Problem> {
    let mut chunk = pin!(chunk);
    for _ in 0..READ_CHUNK_MS / GIVE_WAY_POLL_MS {
        let mut look = pin!(Delay::from(Duration::from_millis(GIVE_WAY_POLL_MS)));
        let chunk = poll_fn(|context| match chunk.as_mut().poll(context) {
            Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
            Poll::Pending => look.as_mut().poll(context).map(|()| None),
        });
        if let Some(chunk) = chunk.await {
            return Ok(chunk);
        }
        if reservation.is_cancelled() {
            return Err(Problem::WorkerBusy);
        }
    }
    // The body stalls.
    Err(Problem::BodyIncomplete)
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
    // At the end some runtimes return an empty view, some none.
    Ok(value
        .dyn_into()
        .unwrap_or_else(|_| Uint8Array::new_with_length(0)))
}

#[cfg(test)]
mod tests {
    use jobs_ingest_core::limits::MAX_GZIP_BYTES;

    use super::*;
    use crate::http::form::content_length;

    fn sent(chunks: &[&[u8]]) -> Sent {
        let mut sent = Sent::default();
        for chunk in chunks {
            sent.push(chunk.to_vec());
        }
        sent
    }

    const GZIP: Form = Form {
        is_gzip: true,
        declared_bytes: None,
    };

    const PLAIN: Form = Form {
        is_gzip: false,
        ..GZIP
    };

    #[test]
    fn content_length_has_digits_only() {
        assert_eq!(content_length("0"), Some(0));
        assert_eq!(content_length("12582912"), Some(12_582_912));
        assert_eq!(content_length("4294967296"), Some(1 << 32));
        assert_eq!(content_length("18446744073709551615"), Some(u64::MAX));
        assert_eq!(content_length("99999999999999999999999"), Some(u64::MAX));
        for text in [
            "", " ", "-1", "+1", "1.0", "1e3", "0x10", "1 2", "1,1", "ten",
        ] {
            assert_eq!(content_length(text), None, "{text:?}");
        }
    }

    #[test]
    fn content_length_over_the_limit_is_refused() {
        let announced = |form: Form, bytes: u64| {
            let declared_bytes = Some(bytes);
            Form {
                declared_bytes,
                ..form
            }
            .announced_bytes()
        };
        for (form, limit_bytes) in [(PLAIN, MAX_BODY_BYTES), (GZIP, MAX_GZIP_BYTES)] {
            let limit = limit_bytes as u64;
            assert_eq!(announced(form, limit).unwrap(), Some(limit_bytes));
            // The last is 5 where a number of 32 bits holds it.
            for bytes in [
                limit + 1,
                u64::from(u32::MAX),
                1 << 32,
                u64::MAX,
                (1 << 32) + 5,
            ] {
                let problem = announced(form, bytes).unwrap_err();
                assert_eq!(problem.code(), "body_too_large", "{bytes}");
            }
            assert_eq!(form.announced_bytes().unwrap(), None);
        }
    }

    #[test]
    fn chunks_are_joined_in_order() {
        for chunks in [&[][..], &[&b"abc"[..]], &[b"ab", b"", b"cde", b"f"]] {
            let body = sent(chunks);
            assert_eq!(body.len(), chunks.concat().len());
            assert_eq!(body.work_bytes(PLAIN), body.len());
            assert_eq!(body.unpack(PLAIN).unwrap(), chunks.concat());
        }
    }

    #[test]
    fn gzip_counts_as_its_declared_length_but_not_less_than_its_own() {
        let of = |chunks: &[&[u8]]| sent(chunks).work_bytes(GZIP);
        assert_eq!(of(&[b"0123", &[0, 1, 0, 0]]), 256);
        assert_eq!(of(&[b"0123", &[0, 1], &[0], &[0]]), 256);
        assert_eq!(of(&[b"0123", &[5, 0, 0, 0]]), 8);
        assert_eq!(of(&[b"0123", &[0xff; 4]]), MAX_BODY_BYTES);
        assert_eq!(of(&[]), 0);
        let longest = vec![0xff; MAX_GZIP_BYTES];
        assert_eq!(of(&[&longest]), MAX_GZIP_BYTES);
    }
}
