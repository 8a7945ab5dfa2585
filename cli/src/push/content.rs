//! A body that can be read more than once, compressed or not.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use tempfile::TempPath;

use super::error::Error;

/// Layers of compression: a .gz file that a server compresses once more has two.
const MAX_LAYERS: usize = 2;

const BUFFER_BYTES: usize = 64 << 10;

/// A file with the body. Temporary ones are removed with it.
#[derive(Debug)]
pub struct Content {
    path: PathBuf,
    /// Bytes before the body.
    skip_bytes: u64,
    /// The limit after decompression; for bodies from the network.
    max_bytes: Option<u64>,
    version: Version,
    _temporary: Option<TempPath>,
}

/// What changes when somebody else writes the file.
type Version = (u64, Option<SystemTime>);

impl Content {
    pub fn of_file(path: PathBuf) -> Result<Self, Error> {
        let version = version(&path).map_err(|cause| Error::Unreadable {
            path: path.clone(),
            cause,
        })?;
        Ok(Self {
            path,
            skip_bytes: 0,
            max_bytes: None,
            version,
            _temporary: None,
        })
    }

    /// What a reader delivers, which can be read only once.
    pub fn of_reader(mut reader: impl Read) -> Result<Self, Error> {
        let mut file = tempfile::NamedTempFile::new().map_err(Error::Spool)?;
        io::copy(&mut reader, &mut file).map_err(Error::Spool)?;
        Self::of_temporary(file.into_temp_path())
    }

    pub fn of_temporary(temporary: TempPath) -> Result<Self, Error> {
        let mut content = Self::of_file(temporary.to_path_buf())?;
        content._temporary = Some(temporary);
        Ok(content)
    }

    /// Skips bytes before the body, and limits its length.
    pub fn part(self, skip_bytes: u64, max_bytes: u64) -> Self {
        Self {
            skip_bytes,
            max_bytes: Some(max_bytes),
            ..self
        }
    }

    pub fn is_changed(&self) -> bool {
        version(&self.path).ok() != Some(self.version)
    }

    /// The decompressed body from its beginning.
    pub fn open(&self) -> io::Result<Box<dyn BufRead>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.skip_bytes))?;
        let mut body: Box<dyn BufRead> = Box::new(BufReader::with_capacity(BUFFER_BYTES, file));
        for _ in 0..MAX_LAYERS {
            body = match Compression::of(body.fill_buf()?) {
                None => break,
                Some(Compression::Gzip) => buffered(MultiGzDecoder::new(body)),
                Some(Compression::Zstd) => buffered(Zstd { body, frame: None }),
            };
        }
        Ok(match self.max_bytes {
            None => body,
            Some(limit) => buffered(Limited {
                body,
                left: limit,
                limit,
            }),
        })
    }

    /// The whole body.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        self.open()?.read_to_end(&mut body)?;
        Ok(body)
    }

    /// Up to `n_bytes` from its beginning.
    pub fn head(&self, n_bytes: u64) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(n_bytes).read_to_end(&mut head)?;
        Ok(head)
    }
}

fn version(path: &Path) -> io::Result<Version> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.len(), metadata.modified().ok()))
}

fn buffered(reader: impl Read + 'static) -> Box<dyn BufRead> {
    Box::new(BufReader::with_capacity(BUFFER_BYTES, reader))
}

enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// By the first bytes, whatever the file's name.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1F, 0x8B, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// All frames of a zstd file.
struct Zstd {
    body: Box<dyn BufRead>,
    frame: Option<FrameDecoder>,
}

impl Read for Zstd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.frame else {
                if self.body.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                let mut frame = FrameDecoder::new();
                frame.init(&mut self.body).map_err(io::Error::other)?;
                self.frame = Some(frame);
                continue;
            };
            while frame.can_collect() == 0 && !frame.is_finished() {
                let step = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = frame.decode_blocks(&mut self.body, step);
                decoded.map_err(io::Error::other)?;
            }
            let n_bytes = frame.read(buffer)?;
            if n_bytes > 0 {
                return Ok(n_bytes);
            }
            self.frame = None;
        }
    }
}

/// A body that fails beyond its limit.
struct Limited<R> {
    body: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.body.read(buffer)?;
        self.left = self.left.checked_sub(n_bytes as u64).ok_or_else(|| {
            io::Error::other(format!(
                "more than {} bytes after decompression",
                self.limit
            ))
        })?;
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression as Level;
    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        Content::of_reader(bytes).unwrap().read()
    }

    #[test]
    fn reads_each_compression_in_several_parts() {
        let (one, two) = (vec![b'a'; 300_000], vec![b'b'; 10]);
        let all = [one.clone(), two.clone()].concat();
        assert_eq!(read(&all).unwrap(), all);
        assert_eq!(read(&[gzip(&one), gzip(&two)].concat()).unwrap(), all);
        assert_eq!(read(&[zstd(&one), zstd(&two)].concat()).unwrap(), all);
        assert_eq!(read(&gzip(&gzip(&all))).unwrap(), all);
    }

    #[test]
    fn truncated_compression_is_an_error() {
        for whole in [gzip(&[b'a'; 300_000]), zstd(&[b'a'; 300_000])] {
            let cut = whole.len() - 5;
            assert!(read(&whole[..cut]).is_err());
        }
    }

    #[test]
    fn limit_holds_after_decompression() {
        let content = |limit| {
            let content = Content::of_reader(gzip(&[b'a'; 1_000]).as_slice()).unwrap();
            content.part(0, limit)
        };
        assert_eq!(content(1_000).read().unwrap().len(), 1_000);
        let error = content(999).read().unwrap_err().to_string();
        assert_eq!(error, "more than 999 bytes after decompression");
    }

    #[test]
    fn changed_file_is_noticed() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let content = Content::of_file(file.path().to_owned()).unwrap();
        assert!(!content.is_changed());
        file.write_all(b"x").unwrap();
        assert!(content.is_changed());
    }
}
