//! A reader that hashes what it reads.

use std::io;
use std::io::Read;

use sha2::{Digest as _, Sha256};

/// Takes the digest of all that is read through it.
pub(super) struct Hashing {
    pub(super) inner: Box<dyn Read>,
    pub(super) hasher: Sha256,
    pub(super) bytes: u64,
}

impl Hashing {
    pub(super) fn new(inner: Box<dyn Read>) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    pub(super) fn finish(self) -> ([u8; 32], u64) {
        (self.hasher.finalize().into(), self.bytes)
    }
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(read) = buffer.get(..count) {
            self.hasher.update(read);
            self.bytes += count as u64;
        }
        Ok(count)
    }
}
