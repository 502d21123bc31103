//! The files a scenario reads: resolved against its folder, hashed for the manifest.

use super::Checker;
use crate::diag::Diagnostic;
use crate::scenario::plan::InputFile;
use crate::scenario::raw::leaf::At;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Largest file of weights, phrases or values that is read into memory.
const BYTES_MAX: u64 = 64 << 20;

/// A file as text, with the name that diagnostics use.
pub struct Input {
    pub name: String,
    pub text: String,
}

impl Checker<'_> {
    /// A path of the scenario, seen from where the program runs.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.base_dir.join(path)
    }

    /// Reads a small text file, or reports why not.
    pub fn read(&mut self, path: &At<String>) -> Option<Input> {
        let full = self.resolve(&path.value);
        match read_text(&full) {
            Ok(text) => {
                self.note_input(&path.value, blake3::hash(text.as_bytes()), text.len() as u64);
                Some(Input { name: full.display().to_string(), text })
            }
            Err(reason) => {
                self.fault(unreadable(path, &full, &reason));
                None
            }
        }
    }

    /// Checks that a file another room will read is there, and hashes it without holding it.
    pub fn existing(&mut self, path: &At<String>) -> PathBuf {
        let full = self.resolve(&path.value);
        match hash(&full) {
            Ok((hash, bytes)) => self.note_input(&path.value, hash, bytes),
            Err(reason) => self.fault(unreadable(path, &full, &reason)),
        }
        full
    }

    fn note_input(&mut self, path: &str, hash: blake3::Hash, bytes: u64) {
        if self.inputs.iter().all(|input| input.path != path) {
            self.inputs.push(InputFile { path: path.to_owned(), hash: hash.to_hex().to_string(), bytes });
        }
    }
}

fn unreadable(path: &At<String>, full: &Path, reason: &str) -> Diagnostic {
    Diagnostic::error("HS0203", format!("cannot read `{}`", path.value))
        .mark(path.span.clone(), reason)
        .help(format!("paths are relative to the scenario's folder; this one is `{}`", full.display()))
}

/// The text of a file that should be small, or the reason in words.
pub fn read_text(path: &Path) -> Result<String, String> {
    let mut file = open(path)?;
    let mut bytes = Vec::new();
    file.by_ref().take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("it is larger than {} MB", BYTES_MAX >> 20));
    }
    String::from_utf8(bytes)
        .map(|text| text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
        .map_err(|error| format!("it is not UTF-8 (byte {} is not)", error.utf8_error().valid_up_to()))
}

fn hash(path: &Path) -> Result<(blake3::Hash, u64), String> {
    let mut file = open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(|error| error.to_string())? {
            0 => return Ok((hasher.finalize(), hasher.count())),
            n => hasher.update(&buffer[..n]),
        };
    }
}

fn open(path: &Path) -> Result<File, String> {
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "reading it is not allowed".to_owned(),
        _ => error.to_string(),
    })?;
    match file.metadata() {
        Ok(data) if data.is_dir() => Err("it is a folder".to_owned()),
        _ => Ok(file),
    }
}

/// Lines with their byte ranges, without the line ends.
pub fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let from = *at;
        *at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        Some((from..from + line.len(), line))
    })
}
