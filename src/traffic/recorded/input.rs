//! Where bytes come from: files, folders, archives, standard input. Every input can be opened more
//! than once, since some formats are understood only after the whole file has been seen.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::encoding::{self, FromUtf16};
use super::privacy;
use super::report::ImportError;
use super::{Format, Limits};

/// One thing to read.
#[derive(Clone, Debug)]
pub struct Input {
    /// File name, without its folder.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Found in a folder, not named by the user: it need not be traffic at all.
    pub found: bool,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    /// Unpacked from an archive or taken from a stream.
    Spooled(Arc<tempfile::NamedTempFile>),
    Memory(Arc<[u8]>),
}

/// How much of an input is looked at to find its format.
pub const HEAD_BYTES: usize = 64 * 1024;

impl Input {
    /// Bytes in memory.
    pub fn memory(name: &str, bytes: impl Into<Arc<[u8]>>) -> Input {
        let bytes = bytes.into();
        Input {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            found: false,
            source: Source::Memory(bytes),
        }
    }

    /// A stream that can be read only once, such as standard input; it is kept in a temporary file.
    pub fn stream(name: &str, reader: &mut dyn Read) -> io::Result<Input> {
        let mut file = tempfile::NamedTempFile::new()?;
        let bytes = io::copy(reader, &mut file)?;
        file.flush()?;
        Ok(Input { name: name.to_owned(), bytes, found: false, source: Source::Spooled(Arc::new(file)) })
    }

    /// Opens it from its beginning; UTF-16 comes as UTF-8.
    pub fn open(&self) -> Result<Box<dyn Read + '_>, ImportError> {
        let mut head = Vec::new();
        self.raw()?.take(4).read_to_end(&mut head).map_err(|e| self.failed(e))?;
        Ok(match encoding::utf_16(&head) {
            Some(high_first) => Box::new(FromUtf16::new(self.raw()?, high_first)),
            None => self.raw()?,
        })
    }

    fn raw(&self) -> Result<Box<dyn Read + '_>, ImportError> {
        let file = |path: &Path| match File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(ImportError::Read { path: path.to_owned(), source }),
        };
        Ok(match &self.source {
            Source::File(path) => file(path)?,
            Source::Spooled(spool) => file(spool.path())?,
            Source::Memory(bytes) => Box::new(&bytes[..]),
        })
    }

    /// Its beginning.
    pub fn head(&self) -> Result<Vec<u8>, ImportError> {
        let mut head = Vec::new();
        self.open()?.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(|e| self.failed(e))?;
        Ok(head)
    }

    /// A read of this input failed.
    pub fn failed(&self, source: io::Error) -> ImportError {
        let path = match &self.source {
            Source::File(path) => path.clone(),
            _ => PathBuf::from(&self.name),
        };
        ImportError::Read { path, source }
    }
}

/// What a path holds: files, folders (with everything below them) and archives become inputs, in the
/// order of their names. `notes` gets a sentence about what was left aside.
pub fn gather(
    paths: &[PathBuf],
    limits: &Limits,
    notes: &mut Vec<String>,
) -> Result<Vec<Input>, ImportError> {
    let mut inputs = Vec::new();
    for path in paths {
        let before = inputs.len();
        walk(path, limits, notes, &mut inputs, 0)?;
        if inputs.len() == before {
            return Err(ImportError::Nothing { path: path.clone() });
        }
    }
    Ok(inputs)
}

fn walk(
    path: &Path,
    limits: &Limits,
    notes: &mut Vec<String>,
    inputs: &mut Vec<Input>,
    depth: usize,
) -> Result<(), ImportError> {
    let failed = |source| ImportError::Read { path: path.to_owned(), source };
    if path.metadata().map_err(failed)?.is_dir() {
        let mut children = Vec::new();
        for entry in path.read_dir().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            // A link inside a folder may lead in a circle; a link named by the user is followed.
            if !hidden && !entry.file_type().map_err(failed)?.is_symlink() {
                children.push(entry.path());
            }
        }
        children.sort();
        if depth < limits.folder_depth {
            for child in children {
                let companion = ["LICENSE", "README", "ORIGIN"]
                    .iter()
                    .any(|word| child.file_name().is_some_and(|n| n.to_string_lossy().starts_with(word)));
                if !companion {
                    walk(&child, limits, notes, inputs, depth + 1)?;
                }
            }
        }
        return Ok(());
    }
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let mut file = File::open(path).map_err(failed)?;
    let mut magic = Vec::new();
    (&mut file).take(4).read_to_end(&mut magic).map_err(failed)?;
    match magic.as_slice() {
        [b'P', b'K', 3 | 5, _] => unpack(path, &name, limits, notes, inputs),
        [0x1f, 0x8b, ..] => {
            let packed = path.metadata().map_err(failed)?.len();
            let file = File::open(path).map_err(failed)?;
            let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
            let limit = limits.unpacked(packed);
            let input = spool(&name, flate2::read::MultiGzDecoder::new(file), limit)?;
            inputs.push(Input { found: depth > 0, ..input });
            Ok(())
        }
        _ => {
            let bytes = path.metadata().map_err(failed)?.len();
            inputs.push(Input { name, bytes, found: depth > 0, source: Source::File(path.to_owned()) });
            Ok(())
        }
    }
}

/// Takes the texts out of an archive. Media are counted, never unpacked; nothing is ever written under
/// a name that the archive chose.
fn unpack(
    path: &Path,
    archive_name: &str,
    limits: &Limits,
    notes: &mut Vec<String>,
    inputs: &mut Vec<Input>,
) -> Result<(), ImportError> {
    let bad = |what: String| ImportError::Archive { file: archive_name.to_owned(), what };
    let file = File::open(path).map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    let packed = file.metadata().map_or(0, |m| m.len());
    let mut archive = zip::ZipArchive::new(file).map_err(|e| bad(format!("not a readable archive: {e}")))?;
    if archive.len() > limits.archive_members {
        return Err(bad(format!("{} members, more than {}", archive.len(), limits.archive_members)));
    }
    let mut left = limits.unpacked(packed);
    let mut media = 0_usize;
    let mut texts: Vec<Input> = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|e| bad(format!("member {}: {e}", index + 1)))?;
        if member.is_dir() {
            continue;
        }
        let full = member.name().map_err(|e| bad(format!("member {}: {e}", index + 1)))?.replace('\\', "/");
        let escapes = full.starts_with('/') || full.split('/').any(|part| part == "..");
        let name = full.rsplit('/').next().unwrap_or("").to_owned();
        let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
        if full == "[Content_Types].xml" {
            return Err(bad("a workbook or document of an office program: save the sheet as CSV".to_owned()));
        }
        if !TEXTS.contains(&extension.as_str()) {
            media += 1;
        } else if escapes {
            notes.push(format!(
                "{archive_name}: member {} is left aside, its name leads out of the archive",
                index + 1
            ));
        } else {
            let input = spool(&name, member, left).map_err(|e| match e {
                ImportError::Archive { what, .. } => bad(format!("member {}: {what}", index + 1)),
                other => other,
            })?;
            left -= input.bytes.min(left);
            texts.push(input);
        }
    }
    if texts.is_empty() {
        return Err(bad(format!("{media} members, none of them text")));
    }
    let attached = only_chats(&mut texts, archive_name)?;
    if attached > 0 {
        notes.push(format!(
            "{archive_name}: {attached} text files beside the chat are taken for documents that were sent in it"
        ));
    }
    if media > 0 {
        notes.push(format!("{archive_name}: {media} media files beside {} text files", texts.len()));
    }
    inputs.append(&mut texts);
    Ok(())
}

/// Extensions of what may be traffic; all else in an archive is media.
const TEXTS: [&str; 10] = ["txt", "json", "jsonl", "ndjson", "csv", "tsv", "log", "xes", "xml", "parquet"];

/// In the archive of a chat there may be documents that were sent in it, and some of them are texts: where
/// one of the texts is a chat, the others stay aside. Gives their number. iPhones call every chat `_chat.txt`
/// and the archive after the other side.
fn only_chats(texts: &mut Vec<Input>, archive_name: &str) -> Result<usize, ImportError> {
    let mut chats = Vec::with_capacity(texts.len());
    for text in &*texts {
        let found = super::detect(&text.head()?, &text.name);
        chats.push(matches!(found, Some((Format::WhatsappExport, _))));
    }
    let mut attached = 0;
    if chats.contains(&true) {
        let mut chats = chats.into_iter();
        let before = texts.len();
        texts.retain(|_| chats.next().unwrap_or(true));
        attached = before - texts.len();
    }
    let stem = archive_name.rsplit_once('.').map_or(archive_name, |(stem, _)| stem);
    for text in texts.iter_mut().filter(|text| text.name == "_chat.txt" && privacy::is_chat_name(stem)) {
        text.name = format!("{stem}.txt");
    }
    Ok(attached)
}

fn spool(name: &str, reader: impl Read, limit: u64) -> Result<Input, ImportError> {
    let mut limited = reader.take(limit + 1);
    let input = Input::stream(name, &mut limited).map_err(|e| ImportError::Archive {
        file: name.to_owned(),
        what: format!("cannot be unpacked: {e}"),
    })?;
    if input.bytes > limit {
        return Err(ImportError::Archive {
            file: name.to_owned(),
            what: format!("unpacks to more than {limit} bytes, far beyond what text of its size does"),
        });
    }
    Ok(input)
}
