//! Recognisers that were trained before, by the content of what they were trained on.
//!
//! In memory within one process: the variants of a comparison, the points of a sweep and the priced
//! proposals of mining mostly share a flow. And, where the program says in which folder ([`keep_in`]), the
//! weights of large sets in files: what is quick to learn anew (words, n-grams) is, what is not is read.

use super::calibration::Calibration;
use super::linear::Linear;
use super::training::{Learned, Lesson};
use super::{Recogniser, Settings, TrainError};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// So many are kept in memory, the youngest.
const KEPT: usize = 8;
/// And so many in the folder.
const KEPT_IN_FILES: usize = 16;
/// Fewer phrases are trained about as fast as a file is read.
const LARGE: usize = 2_000;
/// Which training made the weights. To be raised when the same phrases come to give others, so that no
/// weights of yesterday's training are taken for today's; a test sees to it.
const METHOD: u32 = 1;

type Key = blake3::Hash;

static TRAINED: Mutex<Vec<(Key, Arc<Recogniser>)>> = Mutex::new(Vec::new());
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Keeps the weights of large recognisers as files in this folder from now on, and looks for them there.
/// It is made when it is needed; that it cannot be, or that a file is damaged, costs the training only.
/// Said once; later folders are ignored.
pub fn keep_in(folder: PathBuf) {
    // Whoever said it first has it.
    let _ = FOLDER.set(folder);
}

impl Recogniser {
    /// As [`Recogniser::train`], but what was learned from the same labels, phrases and settings before is
    /// taken from memory or from a file. It comes out the same either way.
    ///
    /// # Errors
    /// As [`Recogniser::train`]; a failure is not remembered.
    pub fn learned(
        labels: &[String],
        examples: &[(u16, &str)],
        out_of_scope: &[&str],
        settings: &Settings,
    ) -> Result<Arc<Recogniser>, TrainError> {
        let key = key(labels, examples, out_of_scope, settings);
        let trained = || TRAINED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = trained().iter().find(|(other, _)| *other == key) {
            return Ok(known.clone());
        }
        // Not under the lock: others may train at the same time, twice the same at worst.
        let folder = FOLDER.get().filter(|_| examples.len() + out_of_scope.len() >= LARGE);
        let lesson = Lesson::new(labels, examples, out_of_scope, settings)?;
        let learned = match folder {
            Some(folder) => restored(folder, key, &lesson, settings),
            None => lesson.learn(settings),
        };
        let new = Arc::new(Recogniser::of(labels, settings, learned));
        let mut trained = trained();
        trained.truncate(KEPT - 1);
        trained.insert(0, (key, new.clone()));
        Ok(new)
    }
}

/// What the lesson teaches, with the weights of the folder's file if there is a whole one, else learned and
/// filed.
fn restored(folder: &Path, key: Key, lesson: &Lesson, settings: &Settings) -> Learned {
    let path = folder.join(format!("{}.weights", key.to_hex()));
    let known = fs::read(&path).ok().and_then(|bytes| decode(&bytes)).and_then(|(linear, calibration)| {
        let reader = lesson.read(settings);
        let fits = linear.labels == lesson.labels && linear.weights.len() == reader.features() * linear.width;
        fits.then_some((reader, linear, calibration))
    });
    known.unwrap_or_else(|| {
        let learned = lesson.learn(settings);
        // A full disk or a folder that may not be written to costs nothing but the next training.
        let _ = file(folder, &path, &encode(&learned.1, &learned.2));
        learned
    })
}

/// Writes a file in one step and takes away those that are too many, the eldest first.
fn file(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(bytes)?;
    new.persist(path)?;
    let mut kept = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "weights") {
            kept.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    kept.sort();
    for (_, path) in &kept[..kept.len().saturating_sub(KEPT_IN_FILES)] {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Labels, features, calibration, biases and weights, little-endian, behind a hash of them all.
fn encode(linear: &Linear, calibration: &Calibration) -> Vec<u8> {
    let features = linear.weights.len() / linear.width;
    let Calibration { slope, offset, steepness, threshold, scope_threshold } = *calibration;
    let mut body = Vec::with_capacity(28 + 4 * (linear.bias.len() + linear.weights.len()));
    body.extend([linear.labels as u32, features as u32].iter().flat_map(|number| number.to_le_bytes()));
    for numbers in
        [&[slope, offset, steepness, threshold, scope_threshold], linear.bias.as_slice(), &linear.weights]
    {
        body.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
    [blake3::hash(&body).as_bytes(), body.as_slice()].concat()
}

/// The way back; nothing if a byte is missing or changed.
fn decode(bytes: &[u8]) -> Option<(Linear, Calibration)> {
    let (hash, body) = bytes.split_first_chunk::<32>()?;
    if blake3::hash(body) != *hash {
        return None;
    }
    let (labels, rest) = body.split_first_chunk::<4>()?;
    let (features, rest) = rest.split_first_chunk::<4>()?;
    let size = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
    let mut linear = Linear::zero(size(labels), 0);
    let mut numbers = rest.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let calibration = Calibration {
        slope: numbers.next()?,
        offset: numbers.next()?,
        steepness: numbers.next()?,
        threshold: numbers.next()?,
        scope_threshold: numbers.next()?,
    };
    linear.bias = numbers.by_ref().take(linear.width).collect();
    linear.weights = numbers.collect();
    let whole = linear.bias.len() == linear.width
        && Some(linear.weights.len()) == linear.width.checked_mul(size(features));
    whole.then_some((linear, calibration))
}

/// A hash of everything that training looks at; each text goes in with its length, so that no two sets
/// run together into one.
fn key(labels: &[String], examples: &[(u16, &str)], out_of_scope: &[&str], settings: &Settings) -> Key {
    let mut hasher = blake3::Hasher::new();
    let mut text = |number: u64, text: &str| {
        hasher
            .update(&number.to_le_bytes())
            .update(&(text.len() as u64).to_le_bytes())
            .update(text.as_bytes());
    };
    text(u64::from(METHOD), "");
    text(labels.len() as u64, &format!("{settings:?}"));
    labels.iter().for_each(|label| text(0, label));
    text(examples.len() as u64, "");
    examples.iter().for_each(|(label, phrase)| text(u64::from(*label), phrase));
    text(out_of_scope.len() as u64, "");
    out_of_scope.iter().for_each(|message| text(0, message));
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_phrases_are_learned_once_and_others_anew() {
        let labels = ["cached_orders", "cached_returns"].map(str::to_owned);
        let phrases = [(0, "where is my order"), (0, "track my order"), (1, "send it back"), (1, "a return")];
        let learn = |phrases: &[(u16, &str)], settings: &Settings| {
            Recogniser::learned(&labels, phrases, &["sing a song"], settings).unwrap()
        };
        let settings = Settings::default();
        let first = learn(&phrases, &settings);
        assert!(Arc::ptr_eq(&first, &learn(&phrases, &settings)));
        assert!(!Arc::ptr_eq(&first, &learn(&phrases[..3], &settings)));
        let other = Settings { clarify_margin: 0.25, ..Settings::default() };
        assert!(!Arc::ptr_eq(&first, &learn(&phrases, &other)));
        // The same words cut otherwise are another set.
        let (one, two) = (
            key(&labels, &[(0, "ab"), (0, "c")], &[], &settings),
            key(&labels, &[(0, "a"), (0, "bc")], &[], &settings),
        );
        assert_ne!(one, two);
    }

    const PHRASES: [(u16, &str); 6] = [
        (0, "where is my order"),
        (0, "track my order"),
        (0, "has it been sent"),
        (1, "send it back"),
        (1, "a return"),
        (1, "I do not want it"),
    ];

    fn labels() -> [String; 2] {
        ["orders", "returns"].map(str::to_owned)
    }

    fn from_folder(folder: &Path) -> Recogniser {
        let settings = Settings::default();
        let key = key(&labels(), &PHRASES, &[], &settings);
        let lesson = Lesson::new(&labels(), &PHRASES, &[], &settings).unwrap();
        Recogniser::of(&labels(), &settings, restored(folder, key, &lesson, &settings))
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn weights_from_a_file_are_those_that_were_learned() {
        let folder = tempfile::tempdir().unwrap();
        // A folder that is not there yet is made.
        let folder = folder.path().join("recognisers");
        let learned = from_folder(&folder);
        let [path] = &files(&folder)[..] else { panic!("one file") };
        // Other weights under the right hash, so that one sees whether the file was read.
        let mut other = learned.linear.clone();
        other.bias[0] += 1.0;
        fs::write(path, encode(&other, &learned.calibration)).unwrap();
        assert_eq!(from_folder(&folder).linear, other);
        fs::write(path, encode(&learned.linear, &learned.calibration)).unwrap();
        let known = from_folder(&folder);
        assert_eq!((&known.linear, known.calibration), (&learned.linear, learned.calibration));
        let (mut a, mut b) = (crate::bot::recogniser::Scratch::default(), Default::default());
        for text in ["my order please", "retrun it", ""] {
            assert_eq!(known.predict(text, &mut a), learned.predict(text, &mut b));
        }
    }

    #[test]
    fn a_damaged_file_is_trained_anew_and_mended() {
        let folder = tempfile::tempdir().unwrap();
        let learned = from_folder(folder.path());
        let [path] = &files(folder.path())[..] else { panic!("one file") };
        let whole = fs::read(path).unwrap();
        let mut flipped = whole.clone();
        flipped[100] ^= 1;
        let swollen = encode(&Linear::zero(1, 7), &learned.calibration);
        for damaged in [&[] as &[u8], &whole[..40], &whole[..whole.len() - 4], &flipped, &swollen] {
            fs::write(path, damaged).unwrap();
            assert_eq!(from_folder(folder.path()).linear, learned.linear);
            assert_eq!(fs::read(path).unwrap(), whole);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_costs_the_training_only() {
        let file = tempfile::NamedTempFile::new().unwrap();
        from_folder(&file.path().join("below a file"));
    }

    #[test]
    fn the_eldest_go_when_they_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..KEPT_IN_FILES + 3 {
            file(folder.path(), &folder.path().join(format!("{number:02}.weights")), b"x").unwrap();
        }
        fs::write(folder.path().join("not ours.txt"), "x").unwrap();
        let last = folder.path().join("last.weights");
        file(folder.path(), &last, b"x").unwrap();
        let kept = files(folder.path());
        assert_eq!(kept.len(), KEPT_IN_FILES + 1);
        assert!(kept.contains(&last));
    }

    /// Fails when the same phrases give other weights than yesterday. If that is meant, raise [`METHOD`]
    /// and write the new digests here: files of weights from before are no longer to be found.
    #[test]
    fn the_method_is_the_one_whose_weights_are_kept() {
        let few = Settings::default();
        let many = Settings { few_phrases: 0.0, ..Settings::default() };
        let digests = [few, many].map(|settings| {
            let learned = Recogniser::train(&labels(), &PHRASES, &["sing a song"], &settings).unwrap();
            blake3::hash(&encode(&learned.linear, &learned.calibration)).to_hex()[..16].to_owned()
        });
        assert_eq!((METHOD, digests), (1, ["78ba879d2fb26ada", "2f81adf929167bd3"].map(str::to_owned)));
    }
}
