//! JSON values in a stream of any size: the elements of a list or of `items`, or a sequence of
//! values.

use std::io::BufRead;

use crate::error::Error;

/// Maximum size of a row, and of a line.
pub(crate) const MAX_ROW_BYTES: usize = 16 << 20;

const CUT_OFF: Error = Error::CutOff { syntax: "JSON" };

/// Reads values from a stream.
pub(crate) struct Frames<R> {
    input: R,
    n_values: u64,
}

impl<R: BufRead> Frames<R> {
    pub fn new(input: R) -> Self {
        Self { input, n_values: 0 }
    }

    /// Returns the next non-blank byte without consuming it.
    fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            match chunk.iter().position(|byte| !byte.is_ascii_whitespace()) {
                Some(at) => {
                    let byte = chunk.get(at).copied();
                    self.input.consume(at);
                    return Ok(byte);
                }
                None => {
                    let n_bytes = chunk.len();
                    self.input.consume(n_bytes);
                }
            }
        }
    }

    fn skip(&mut self, expected: u8) -> Result<bool, Error> {
        let is_next = self.peek()? == Some(expected);
        if is_next {
            self.input.consume(1);
        }
        Ok(is_next)
    }

    /// Appends the next value to `value`. Tracks brackets and quotes only, and does not validate
    /// the content.
    fn value(&mut self, value: &mut Vec<u8>) -> Result<(), Error> {
        self.n_values += 1;
        let mut depth: u64 = 0;
        let mut in_string = false;
        let mut is_escaped = false;
        let start = value.len();
        self.peek()?;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                // A number at the end of the stream is complete.
                let is_whole = depth == 0 && !in_string && value.len() > start;
                return if is_whole { Ok(()) } else { Err(CUT_OFF) };
            }
            let mut at = 0;
            let mut is_done = false;
            while let Some(&byte) = chunk.get(at) {
                if is_escaped {
                    is_escaped = false;
                } else if in_string {
                    let rest = chunk.get(at..).unwrap_or_default();
                    let Some(special) = memchr::memchr2(b'"', b'\\', rest) else {
                        at = chunk.len();
                        break;
                    };
                    at += special;
                    if chunk.get(at) == Some(&b'\\') {
                        is_escaped = true;
                    } else {
                        in_string = false;
                        is_done = depth == 0;
                    }
                } else {
                    match byte {
                        b'"' => in_string = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth == 0 => {
                            is_done = true;
                            break;
                        }
                        b'}' | b']' => {
                            depth -= 1;
                            is_done = depth == 0;
                        }
                        b',' | b':' if depth == 0 => {
                            is_done = true;
                            break;
                        }
                        byte if depth == 0 && byte.is_ascii_whitespace() => {
                            is_done = true;
                            break;
                        }
                        _ => {}
                    }
                }
                at += 1;
                if is_done {
                    break;
                }
            }
            value.extend_from_slice(chunk.get(..at).unwrap_or_default());
            self.input.consume(at);
            if value.len() - start > MAX_ROW_BYTES {
                return Err(Error::RowTooLarge {
                    index: self.n_values,
                    limit_bytes: MAX_ROW_BYTES,
                });
            }
            if is_done {
                return Ok(());
            }
        }
    }

    /// Reads the elements of a list whose `[` is next.
    fn list(&mut self, then: &mut impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        self.skip(b'[')?;
        let mut value = Vec::new();
        loop {
            match self.peek()? {
                None => return Err(CUT_OFF),
                Some(b']') => {
                    self.input.consume(1);
                    return Ok(());
                }
                Some(b',') => self.input.consume(1),
                Some(found @ (b'}' | b':')) => return Err(unexpected(found, "a posting")),
                Some(_) => {
                    value.clear();
                    self.value(&mut value)?;
                    then(&value)?;
                }
            }
        }
    }

    /// Reads all postings: a list, an object with `items`, or a sequence of objects.
    pub fn postings(
        mut self,
        mut then: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self.peek()? {
            Some(b'[') => {
                self.list(&mut then)?;
                match self.peek()? {
                    None => Ok(()),
                    Some(found) => Err(unexpected(found, "the end of the body")),
                }
            }
            Some(b'{') => {
                let mut value = Vec::new();
                if self.object(&mut value, &mut then)? {
                    return match self.peek()? {
                        None => Ok(()),
                        Some(found) => Err(unexpected(found, "the end of the body")),
                    };
                }
                then(&value)?;
                while self.peek()?.is_some() {
                    self.skip(b',')?;
                    value.clear();
                    let before = self.n_values;
                    self.value(&mut value)?;
                    if value.is_empty() {
                        let found = self.peek()?.unwrap_or_default();
                        return Err(unexpected(found, "a posting"));
                    }
                    debug_assert!(self.n_values > before);
                    then(&value)?;
                }
                Ok(())
            }
            Some(found) => Err(unexpected(found, "a list or an object")),
            None => Ok(()),
        }
    }

    /// Reads an object key by key. Returns true and the elements of its `items`; or, if it has
    /// none, false and the object itself.
    fn object(
        &mut self,
        object: &mut Vec<u8>,
        then: &mut impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        self.skip(b'{')?;
        object.push(b'{');
        let mut has_items = false;
        loop {
            match self.peek()? {
                None => return Err(CUT_OFF),
                Some(b'}') => {
                    self.input.consume(1);
                    object.push(b'}');
                    return Ok(has_items);
                }
                Some(b',') => {
                    self.input.consume(1);
                    object.push(b',');
                }
                Some(b'"') => {
                    let key_start = object.len();
                    self.value(object)?;
                    let is_items = object.get(key_start..) == Some(b"\"items\"".as_slice());
                    if !self.skip(b':')? {
                        let found = self.peek()?.ok_or(CUT_OFF)?;
                        return Err(unexpected(found, "`:`"));
                    }
                    object.push(b':');
                    let next = self.peek()?.ok_or(CUT_OFF)?;
                    if is_items && next == b'[' {
                        self.list(then)?;
                        has_items = true;
                        object.extend_from_slice(b"0");
                    } else if is_items {
                        return Err(unexpected(next, "the list of `items`"));
                    } else if matches!(next, b',' | b'}' | b']' | b':') {
                        return Err(unexpected(next, "a value"));
                    } else {
                        self.value(object)?;
                    }
                    if object.len() > MAX_ROW_BYTES {
                        return Err(Error::RowTooLarge {
                            index: self.n_values,
                            limit_bytes: MAX_ROW_BYTES,
                        });
                    }
                }
                Some(found) => return Err(unexpected(found, "a key")),
            }
        }
    }
}

fn unexpected(found: u8, expected: &str) -> Error {
    let found = if found.is_ascii_graphic() {
        format!("`{}`", char::from(found))
    } else {
        format!("the byte {found:#04x}")
    };
    Error::Syntax {
        syntax: "JSON",
        problem: format!("expected {expected}, found {found}"),
    }
}
