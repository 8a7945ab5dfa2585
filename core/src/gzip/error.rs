//! Why a body cannot be decompressed.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GzipError {
    /// Not a sequence of complete gzip members.
    Invalid,
    TooLong,
    /// More than [`crate::limits::MAX_GZIP_BLOCKS`].
    TooManyBlocks,
}
