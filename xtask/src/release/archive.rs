//! The archive of a release: the same files give the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

use crate::error::Error;

/// The files of the bundle by their path in it, with `/` between folders.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Seconds since 1970 of every file: the first moment that ZIP, too, can name, 1980-01-01.
const MODIFIED: u64 = 315_532_800;

/// Returns what `sha256sum --check` reads.
pub fn sha256_sums(files: &Files) -> String {
    let mut text = String::new();
    for (name, content) in files {
        for byte in Sha256::digest(content) {
            let _ = write!(text, "{byte:02x}");
        }
        let _ = writeln!(text, "  {name}");
    }
    text
}

/// Writes a gzipped tar of `files` in `folder`.
pub fn write(path: &Path, folder: &str, files: &Files) -> Result<(), Error> {
    let file = File::create(path).map_err(Error::file("create", path))?;
    pack(BufWriter::new(file), folder, files).map_err(Error::file("write", path))
}

fn pack(output: impl io::Write, folder: &str, files: &Files) -> io::Result<()> {
    // Its header has no time and no name.
    let mut archive = Builder::new(GzEncoder::new(output, Compression::best()));
    for (name, content) in files {
        let mut header = Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(MODIFIED);
        archive.append_data(&mut header, format!("{folder}/{name}"), content.as_slice())?;
    }
    archive.into_inner()?.finish()?.flush()
}

#[cfg(test)]
mod tests {
    use super::{Files, pack, sha256_sums};

    fn files() -> Files {
        [("b/c.txt", "c"), ("a.txt", "a")]
            .map(|(name, content)| (name.to_owned(), content.into()))
            .into()
    }

    #[test]
    fn sums_are_those_of_sha256sum() {
        assert_eq!(
            sha256_sums(&files()),
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a.txt\n\
             2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6  b/c.txt\n"
        );
    }

    #[test]
    fn same_files_give_the_same_bytes() {
        let pack = || {
            let mut bytes = Vec::new();
            pack(&mut bytes, "release", &files()).unwrap();
            bytes
        };
        let first = pack();
        assert!(!first.is_empty());
        assert_eq!(first, pack());
    }
}
