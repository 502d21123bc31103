//! What is imported: a file, a folder or a zip, read into memory within bounds.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// More than this, unpacked and all together, is not a bot but a bomb.
const MAX_TOTAL_BYTES: u64 = 256 << 20;
/// A bot has no more files than this.
const MAX_FILES: usize = 20_000;
/// Folders are not nested deeper than this.
const MAX_DEPTH: usize = 12;

/// Why an import came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file or folder cannot be read.
    #[error("cannot read `{path}`: {why}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// It is too large to be a bot.
    #[error("`{path}` is larger than a bot can be: {why}")]
    TooLarge {
        /// Which.
        path: String,
        /// In what.
        why: String,
    },
    /// No known format.
    #[error(
        "`{path}` is no bot in a format this program knows: Dialogflow ES or CX, Rasa, Bot Framework \
         .lu/.qna, Typebot JSON, Botpress 12, or a table of blocks (.csv)"
    )]
    UnknownFormat {
        /// Which.
        path: String,
    },
    /// A folder of archives.
    #[error("`{path}` holds several archives, each perhaps a bot: import one of {archives}")]
    Several {
        /// The folder.
        path: String,
        /// Their names.
        archives: String,
    },
    /// It is the right format but nothing can be made of it.
    #[error("`{place}`: {why}")]
    Broken {
        /// File and place in it.
        place: String,
        /// What is wrong.
        why: String,
    },
}

/// The files of a bot by their path, with `/` between folders.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub name: String,
    files: BTreeMap<String, Vec<u8>>,
    total: u64,
    /// Files an importer has looked into or told about.
    seen: RefCell<BTreeSet<String>>,
    /// Names from an archive that lead out of it; they are not read.
    outside: Vec<String>,
    /// How many files lie beside the bot's own folder.
    beside: usize,
}

impl Source {
    pub fn read(path: &Path) -> Result<Source, ImportError> {
        let shown = path.display().to_string();
        let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut source = Source { name, ..Source::default() };
        let failed = |why: std::io::Error| ImportError::Read { path: shown.clone(), why: why.to_string() };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            source.folder(path, "", 0)?;
            return Ok(source);
        }
        let file = std::fs::File::open(path).map_err(failed)?;
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
            source.unzip(file, &shown)?;
        } else {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            source.add(name, file, &shown)?;
        }
        Ok(source)
    }

    fn folder(&mut self, path: &Path, prefix: &str, depth: usize) -> Result<(), ImportError> {
        let shown = path.display().to_string();
        let failed = |why: std::io::Error| ImportError::Read { path: shown.clone(), why: why.to_string() };
        if depth > MAX_DEPTH {
            return Err(ImportError::TooLarge {
                path: shown,
                why: format!("folders deeper than {MAX_DEPTH}"),
            });
        }
        let mut entries =
            std::fs::read_dir(path).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                self.folder(&entry.path(), &format!("{prefix}{name}/"), depth + 1)?;
            } else if kind.is_file() {
                let file = std::fs::File::open(entry.path()).map_err(failed)?;
                self.add(format!("{prefix}{name}"), file, &entry.path().display().to_string())?;
            }
        }
        Ok(())
    }

    fn unzip(&mut self, file: std::fs::File, shown: &str) -> Result<(), ImportError> {
        let broken =
            |why: zip::result::ZipError| ImportError::Read { path: shown.to_owned(), why: why.to_string() };
        let mut archive = zip::ZipArchive::new(file).map_err(broken)?;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(broken)?;
            if entry.is_file() {
                let name = entry.name().map_err(broken)?.replace('\\', "/");
                // Nothing is written anywhere, so such a name does no harm; but no export holds one.
                if name.starts_with('/') || name.split('/').any(|part| part == "..") {
                    self.outside.push(name);
                    continue;
                }
                let place = format!("{shown}:{name}");
                self.add(name, entry, &place)?;
            }
        }
        Ok(())
    }

    /// Reads one file; what an operating system leaves behind is no part of a bot.
    fn add(&mut self, name: String, reader: impl Read, place: &str) -> Result<(), ImportError> {
        if name.split('/').any(|part| part == "__MACOSX" || part.starts_with('.')) {
            return Ok(());
        }
        let too_large = |why: String| ImportError::TooLarge { path: place.to_owned(), why };
        if self.files.len() == MAX_FILES {
            return Err(too_large(format!("more than {MAX_FILES} files")));
        }
        let left = MAX_TOTAL_BYTES - self.total;
        let mut bytes = Vec::new();
        let read = reader.take(left + 1).read_to_end(&mut bytes);
        let read =
            read.map_err(|why| ImportError::Read { path: place.to_owned(), why: why.to_string() })? as u64;
        if read > left {
            return Err(too_large("more than 256 MB unpacked".to_owned()));
        }
        self.total += read;
        self.files.insert(name, bytes);
        Ok(())
    }

    /// Takes a common leading folder away ("agent/agent.json" becomes "agent.json").
    pub fn strip_to(&mut self, marker: &str) {
        let suffix = format!("/{marker}");
        let shortest = self.files.keys().filter(|name| name.ends_with(&suffix)).min_by_key(|name| name.len());
        let Some(prefix) = shortest.map(|name| name[..=name.len() - suffix.len()].to_owned()) else { return };
        if self.files.contains_key(marker) {
            return;
        }
        for (name, bytes) in std::mem::take(&mut self.files) {
            match name.strip_prefix(&prefix) {
                Some(below) => {
                    self.files.insert(below.to_owned(), bytes);
                }
                None => self.beside += 1,
            }
        }
    }

    /// All paths, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// A file as text; what is not UTF-8 is replaced.
    pub fn text(&self, name: &str) -> Option<String> {
        let bytes = self.files.get(name)?;
        self.see(name);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// The file was dealt with.
    pub fn see(&self, name: &str) {
        self.seen.borrow_mut().insert(name.to_owned());
    }

    /// Nothing was looked into yet: what was read to find out the format does not count.
    pub fn forget_seen(&self) {
        self.seen.borrow_mut().clear();
    }

    /// Files that nobody looked into, by folder and kind: "data/*.lg", and how many.
    pub fn unseen(&self) -> BTreeMap<String, usize> {
        let seen = self.seen.borrow();
        let mut unseen: BTreeMap<String, usize> = BTreeMap::new();
        for name in self.files.keys().filter(|name| !seen.contains(*name)) {
            let (folder, file) = name.rsplit_once('/').map_or(("", name.as_str()), |(f, n)| (f, n));
            let folder = folder.split('/').next().filter(|f| !f.is_empty()).map(|f| format!("{f}/"));
            let kind = file.rsplit_once('.').map_or_else(|| file.to_owned(), |(_, kind)| format!("*.{kind}"));
            *unseen.entry(format!("{}{kind}", folder.unwrap_or_default())).or_default() += 1;
        }
        unseen
    }

    /// How many files lie beside the bot's own folder; they are not read.
    pub fn beside(&self) -> usize {
        self.beside
    }

    /// Names of an archive that were refused.
    pub fn outside(&self) -> &[String] {
        &self.outside
    }
}
