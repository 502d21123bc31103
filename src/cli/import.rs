//! `helpsim import`: recorded traffic of any format into the traffic log.

use super::exit::{Exit, Failure};
use super::ui::Ui;
use crate::scenario::value;
use crate::time::Span;
use crate::traffic::log::Event;
use crate::traffic::recorded::log_file::{LogWriter, TextForm};
use crate::traffic::recorded::{
    DateOrder, Format, ImportError, ImportReport, Input, KeepText, Key, Options, Quarantined, import_watched,
    input,
};
use anyhow::{Context, anyhow};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Turn recorded traffic into the traffic log
///
/// Reads WhatsApp chat exports, Cloud API webhooks, logs of Twilio, Gupshup, Wati and Zoho, exports of
/// help desks, event logs, and any table with a mapping. The format is found by looking at the content.
/// Every line or element is kept, a duplicate, a notice, or quarantined; the account is printed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files, folders, archives, patterns; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The log to write: `.jsonl`, `.csv` or `.parquet`; `-` for JSON Lines on standard output
    #[arg(short, long, value_name = "LOG")]
    pub output: PathBuf,
    /// The format, if looking at the content does not tell
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub from: Option<Format>,
    /// What the columns of a table mean
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Zone of times that state none
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub zone: Option<TimeZone>,
    /// Order of the dates of chat exports: dmy, mdy, ymd, ydm, myd, dym
    #[arg(long, value_name = "ORDER", value_parser = date_order)]
    pub date_order: Option<DateOrder>,
    /// A silence this long begins another conversation in an endless chat
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    pub silence_gap: Span,
    /// An author who writes for the desk (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub agent: Vec<String>,
    /// An author that is a bot (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub bot: Vec<String>,
    /// An author who is a customer (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub customer: Vec<String>,
    /// What becomes of texts
    #[arg(long, value_enum, default_value_t = Text::Redacted)]
    pub keep_text: Text,
    /// Secret of the pseudonyms; without it, `LOG.key` is used, and made if it is not there
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Leave out somebody, by number, address, name or pseudonym (may be repeated)
    #[arg(long, value_name = "PERSON")]
    pub forget: Vec<String>,
    /// Exit with 2 if anything was quarantined
    #[arg(long)]
    pub strict: bool,
    /// How the account is printed
    #[arg(long, value_enum, default_value_t = Account::Text)]
    pub format: Account,
}

const EXAMPLES: &str = "Examples:
  helpsim import hooks/*.jsonl -o october.jsonl
  helpsim import \"WhatsApp Chat with Ana.zip\" --zone America/Bogota -o ana.jsonl
  helpsim import incidents.csv --mapping incidents.toml -o incidents.csv
  helpsim import october.jsonl --forget +5511999990000 -o october.jsonl";

/// What becomes of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Text {
    /// No texts
    None,
    /// Without names, addresses and numbers
    Redacted,
    /// As written
    Full,
}

/// How the account is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Account {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| ImportError::NoSuchFormat { name: name.to_owned() }.to_string())
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("no time zone is called \"{name}\" (for example America/Bogota)"))
}

fn date_order(name: &str) -> Result<DateOrder, String> {
    let names = DateOrder::ALL.map(DateOrder::name).join(", ");
    DateOrder::from_name(name).ok_or_else(|| format!("no order is called \"{name}\": {names}"))
}

fn duration(text: &str) -> Result<Span, String> {
    value::duration_ms(text).map(|ms| Span::from_ms(ms.round() as i64))
}

pub(super) fn run(args: &Args, ui: &Ui) -> super::Outcome {
    let to_stdout = args.output == Path::new("-");
    let form = match args.output.extension().and_then(|e| e.to_str()) {
        _ if to_stdout => Form::Text(TextForm::Jsonl),
        Some("csv") => Form::Text(TextForm::Csv),
        Some("jsonl" | "ndjson") => Form::Text(TextForm::Jsonl),
        #[cfg(feature = "frames")]
        Some("parquet") => Form::Parquet,
        _ => {
            let name = args.output.display();
            return Err(Failure::input(anyhow!("{name}: a log ends in .jsonl, .csv or .parquet")));
        }
    };
    let key = key(args, to_stdout)?;
    let options = Options {
        format: args.from,
        mapping: args.mapping.clone(),
        zone: args.zone.clone(),
        date_order: args.date_order,
        silence_gap: args.silence_gap,
        agents: args.agent.clone(),
        bots: args.bot.clone(),
        customers: args.customer.clone(),
        keep_text: match args.keep_text {
            Text::None => KeepText::None,
            Text::Redacted => KeepText::Redacted,
            Text::Full => KeepText::Full,
        },
        key,
        forget: args.forget.clone(),
        ..Options::default()
    };
    let mut notes = Vec::new();
    let inputs = inputs(args, &options, &mut notes)?;
    let bar = bar(inputs.iter().map(|i| i.bytes).sum(), ui);
    let folder = args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let report = if to_stdout {
        let mut refused = Vec::new();
        let report = copy(&inputs, &options, form, io::stdout().lock(), &mut refused, &bar)?;
        bar.finish_and_clear();
        report
    } else {
        // Beside its place first, then renamed: never half a log, and a log may be read and replaced.
        let beside = || tempfile::NamedTempFile::new_in(folder);
        let cannot = |e: io::Error| {
            Failure::io(anyhow::Error::new(e).context(format!("could not write {}", args.output.display())))
        };
        let (mut log, mut refused) = (beside().map_err(cannot)?, BufWriter::new(beside().map_err(cannot)?));
        let report = copy(&inputs, &options, form, BufWriter::new(log.as_file_mut()), &mut refused, &bar)?;
        bar.finish_and_clear();
        log.persist(&args.output).map_err(|e| cannot(e.error))?;
        let quarantine = folder.join("quarantine.jsonl");
        let refused = refused.into_inner().map_err(|e| cannot(e.into_error()))?;
        if report.quarantined > 0 {
            refused.persist(&quarantine).map_err(|e| cannot(e.error))?;
        } else if quarantine.exists() {
            // One from an earlier import would speak of what is no longer true.
            std::fs::remove_file(&quarantine).map_err(cannot)?;
        }
        report
    };
    let mut report = report;
    report.notes.extend(notes);
    let account = match args.format {
        Account::Json => json(&report),
        Account::Text => text(&report, &args.output),
    };
    if to_stdout {
        ui.say(account.trim_end())
    } else {
        ui.print(&account)
    }
    Ok(if args.strict && report.quarantined > 0 { Exit::Input } else { Exit::Success })
}

/// The forms a log is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text(TextForm),
    #[cfg(feature = "frames")]
    Parquet,
}

/// A log being written.
enum LogOut<W: Write> {
    Text(LogWriter<W>),
    #[cfg(feature = "frames")]
    Parquet(Box<crate::traffic::recorded::log_parquet::ParquetLogWriter<W>>),
}

impl<W: Write> LogOut<W> {
    fn new(form: Form, out: W) -> io::Result<Self> {
        Ok(match form {
            Form::Text(form) => LogOut::Text(LogWriter::new(form, out)?),
            #[cfg(feature = "frames")]
            Form::Parquet => {
                LogOut::Parquet(Box::new(crate::traffic::recorded::log_parquet::ParquetLogWriter::new(out)))
            }
        })
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        match self {
            LogOut::Text(writer) => writer.write(event),
            #[cfg(feature = "frames")]
            LogOut::Parquet(writer) => writer.write(event),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            LogOut::Text(writer) => writer.finish().map(|_| ()),
            #[cfg(feature = "frames")]
            LogOut::Parquet(writer) => writer.finish(),
        }
    }
}

/// Reads all inputs and writes the log and what was refused.
fn copy(
    inputs: &[Input],
    options: &Options,
    form: Form,
    out: impl Write,
    refused: &mut impl Write,
    bar: &ProgressBar,
) -> Result<ImportReport, Failure> {
    let cannot_write = |e: io::Error| Failure::io(anyhow::Error::new(e).context("could not write the log"));
    let mut writer = LogOut::new(form, out).map_err(cannot_write)?;
    let mut failed: Option<io::Error> = None;
    let mut quarantine_failed: Option<io::Error> = None;
    let report = import_watched(
        inputs,
        options,
        &mut |q| {
            if quarantine_failed.is_none() {
                quarantine_failed = writeln!(refused, "{}", quarantined(q)).err();
            }
        },
        &mut |bytes| bar.inc(bytes),
        &mut |event: &Event| {
            if failed.is_none() {
                failed = writer.write(event).err();
            }
        },
    )
    .map_err(failure)?;
    if let Some(error) = failed.or(quarantine_failed) {
        return Err(cannot_write(error));
    }
    writer.finish().map_err(cannot_write)?;
    refused.flush().map_err(cannot_write)?;
    Ok(report)
}

fn quarantined(q: &Quarantined) -> serde_json::Value {
    serde_json::json!({ "file": q.file, "line": q.line, "reason": q.reason, "excerpt": q.excerpt })
}

pub(super) fn failure(error: ImportError) -> Failure {
    match error {
        ImportError::Read { .. } | ImportError::Buffer { .. } => Failure::io(error),
        other => Failure::input(other),
    }
}

/// Patterns are expanded here too, for shells that do not.
fn inputs(args: &Args, options: &Options, notes: &mut Vec<String>) -> Result<Vec<Input>, Failure> {
    let mut paths = Vec::new();
    let mut inputs = Vec::new();
    for path in &args.paths {
        let text = path.to_string_lossy();
        if text == "-" {
            let stdin = Input::stream("stdin", &mut io::stdin().lock());
            inputs.push(stdin.context("could not read standard input").map_err(Failure::io)?);
        } else if !path.exists() && text.contains(['*', '?', '[']) {
            let found = glob::glob(&text)
                .with_context(|| format!("{text}: not a pattern"))
                .map_err(Failure::input)?;
            let before = paths.len();
            for path in found {
                paths.push(path.map_err(|e| Failure::io(anyhow::Error::from(e)))?);
            }
            if paths.len() == before {
                return Err(Failure::input(anyhow!("nothing matches {text}")));
            }
        } else {
            paths.push(path.clone());
        }
    }
    inputs.extend(input::gather(&paths, &options.limits, notes).map_err(failure)?);
    Ok(inputs)
}

/// The secret: as told, or the one kept beside the log, or a new one that is kept there from now on.
fn key(args: &Args, to_stdout: bool) -> Result<Key, Failure> {
    let read = |path: &Path| -> Result<Key, Failure> {
        let bytes =
            std::fs::read(path).with_context(|| format!("could not read the key file {}", path.display()));
        let bytes = bytes.map_err(Failure::io)?;
        if bytes.trim_ascii().is_empty() {
            return Err(Failure::input(anyhow!("the key file {} is empty", path.display())));
        }
        Ok(Key::from_bytes(bytes.trim_ascii()))
    };
    if let Some(path) = &args.key_file {
        return read(path);
    }
    let fresh = || -> Result<String, Failure> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|e| Failure::io(anyhow!("no randomness for a new key: {e}")))?;
        Ok(blake3::Hash::from_bytes(secret).to_hex().to_string())
    };
    if to_stdout {
        // Nowhere to keep it: these pseudonyms hold for this log alone.
        return Ok(Key::from_bytes(fresh()?.as_bytes()));
    }
    let mut path = args.output.clone().into_os_string();
    path.push(".key");
    let path = PathBuf::from(path);
    if path.exists() {
        return read(&path);
    }
    let secret = fresh()?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&path).and_then(|mut file| writeln!(file, "{secret}"));
    written.with_context(|| format!("could not keep the key in {}", path.display())).map_err(Failure::io)?;
    Ok(Key::from_bytes(secret.as_bytes()))
}

/// Progress by bytes, with rate and time left.
fn bar(bytes: u64, ui: &Ui) -> ProgressBar {
    let bar = ui.progress("reading");
    if let Ok(style) =
        ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
    {
        bar.set_style(style);
    }
    bar.set_length(bytes);
    bar
}

/// The account for people.
fn text(report: &ImportReport, output: &Path) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        // Writing to a string cannot fail.
        let _infallible = writeln!(out, "{text}");
    };
    const SHOWN: usize = 10;
    for file in report.files.iter().take(SHOWN) {
        line(format!("{}: {} ({})", file.name, file.format, file.reason));
    }
    if report.files.len() > SHOWN {
        line(format!("... and {} more files", report.files.len() - SHOWN));
    }
    line(format!(
        "read {} = kept {} + duplicates {} + notices {} + quarantined {}",
        report.read, report.kept, report.duplicates, report.notices, report.quarantined
    ));
    let counts = |map: &std::collections::BTreeMap<&'static str, u64>| {
        map.iter().map(|(word, n)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
    };
    line(format!(
        "{} conversations, {} messages ({}) by {} authors, {} events",
        report.conversations,
        report.messages,
        counts(&report.roles),
        report.authors,
        report.events
    ));
    if let Some((first, last)) = report.span {
        let written = |at: crate::time::Instant| {
            jiff::Timestamp::from_millisecond(at.ms())
                .map_or_else(|_| at.ms().to_string(), |t| format!("{t:.0}"))
        };
        line(format!(
            "from {} to {}, precision: {}",
            written(first),
            written(last),
            counts(&report.precision)
        ));
    }
    if !report.languages.is_empty() {
        let looked_at: u64 = report.languages.values().sum();
        let mut languages: Vec<(&str, u64)> = report.languages.iter().map(|(l, n)| (*l, *n)).collect();
        languages.sort_by_key(|(language, n)| (std::cmp::Reverse(*n), *language));
        let shares: Vec<String> = languages
            .iter()
            .take(6)
            .map(|(language, n)| format!("{language} {:.0} %", 100.0 * *n as f64 / looked_at as f64))
            .collect();
        line(format!("languages: {} (of {looked_at} texts that give theirs away)", shares.join(", ")));
    }
    if report.late + report.out_of_order > 0 {
        line(format!("{} states came late, {} entries stand out of order", report.late, report.out_of_order));
    }
    if !report.found.is_empty() {
        let found: Vec<String> = report.found.iter().map(|(what, n)| format!("{what} {n}")).collect();
        line(format!("found: {}", found.join(", ")));
    }
    for note in &report.notes {
        line(format!("note: {note}"));
    }
    for q in report.quarantine.iter().take(SHOWN) {
        line(format!("quarantined: {}:{}: {}", q.file, q.line, q.reason));
    }
    if report.quarantined > SHOWN as u64 {
        line(format!("... and {} more, in quarantine.jsonl", report.quarantined - SHOWN as u64));
    }
    if output != Path::new("-") {
        line(format!("written to {}", output.display()));
    }
    out
}

/// The account for programs.
fn json(report: &ImportReport) -> String {
    let files: Vec<_> = report
        .files
        .iter()
        .map(|f| serde_json::json!({ "name": f.name, "format": f.format, "reason": f.reason, "bytes": f.bytes }))
        .collect();
    let at =
        |at: crate::time::Instant| jiff::Timestamp::from_millisecond(at.ms()).ok().map(|t| t.to_string());
    let account = serde_json::json!({
        "schema": 1,
        "files": files,
        "read": report.read,
        "kept": report.kept,
        "duplicates": report.duplicates,
        "notices": report.notices,
        "quarantined": report.quarantined,
        "lines": report.lines,
        "continuation_lines": report.continuation_lines,
        "events": report.events,
        "messages": report.messages,
        "conversations": report.conversations,
        "authors": report.authors,
        "first": report.span.and_then(|(first, _)| at(first)),
        "last": report.span.and_then(|(_, last)| at(last)),
        "roles": report.roles,
        "precision": report.precision,
        "languages": report.languages,
        "found": report.found,
        "late": report.late,
        "out_of_order": report.out_of_order,
        "notes": report.notes,
        "quarantine": report.quarantine.iter().map(quarantined).collect::<Vec<_>>(),
    });
    format!("{account:#}\n")
}
