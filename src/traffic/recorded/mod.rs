//! Recorded traffic, whatever it comes as: one reader per format, each into the traffic log.
//!
//! ```text
//! paths ─► inputs ─► detect ─► reader of the format ─► intake ─► log (or straight into a replay)
//!                                                      verdicts, pseudonyms, order, cuts, account
//! ```
//!
//! A reader takes elements (lines, rows, JSON values) out of an input and gives each of them to the
//! [`intake`], with exactly one verdict: kept, duplicate, notice or quarantined. The intake does what
//! all formats have in common.

pub mod format;
pub mod report;
mod recent;
mod redact;
pub mod privacy;
pub mod input;
pub mod log_file;
#[cfg(feature = "frames")]
pub mod log_parquet;
pub mod replay;

mod script;
mod fingerprint;
mod encoding;
mod lines;
mod json;
mod csv_file;
mod clock;
mod sort;
mod links;
mod forget;
mod language;
mod intake;
mod detect;
mod chat;
mod webhooks;
mod table;
mod xes;
mod abcd;
mod irc;
mod vocabulary;
mod record;
mod bsp;
mod desks;

#[cfg(test)]
mod counts;
#[cfg(test)]
mod robustness;

use std::path::PathBuf;

use jiff::tz::TimeZone;

use crate::time::Span;
use crate::traffic::log::Event;

pub use chat::DateOrder;
pub use detect::detect;
pub use format::Format;
pub use input::Input;
pub use privacy::{KeepText, Key};
pub use report::{FileReport, ImportError, ImportReport, Quarantined};

use intake::Intake;

/// How to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Format, or `None` to find out from the content.
    pub format: Option<Format>,
    /// Mapping file, for tables.
    pub mapping: Option<PathBuf>,
    /// Zone of times that state none; `None` reads them as UTC and says so.
    pub zone: Option<TimeZone>,
    /// Order of day, month and year in chat exports, or `None` to find out.
    pub date_order: Option<DateOrder>,
    /// A silence this long begins another conversation where the source knows no conversations.
    pub silence_gap: Span,
    /// Authors who write for the desk.
    pub agents: Vec<String>,
    /// Authors that are bots.
    pub bots: Vec<String>,
    /// Authors who are customers.
    pub customers: Vec<String>,
    /// What becomes of texts.
    pub keep_text: KeepText,
    /// Secret of the pseudonyms.
    pub key: Key,
    /// Persons whose events are left out.
    pub forget: Vec<String>,
    /// Bounds against hostile input.
    pub limits: Limits,
}

/// Bounds against hostile or broken input.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest line or JSON element, in bytes.
    pub element_bytes: usize,
    /// Memory for putting events in order, in bytes; what is beyond goes to temporary files.
    pub sort_bytes: usize,
    /// Most members of an archive.
    pub archive_members: usize,
    /// An archive may unpack to so many times its size ...
    pub archive_ratio: u64,
    /// ... or to this many bytes, whichever is more.
    pub archive_bytes: u64,
    /// Folders inside folders.
    pub folder_depth: usize,
    /// Largest Parquet file, in bytes: it is read as a whole.
    pub parquet_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            element_bytes: 16 << 20,
            sort_bytes: 96 << 20,
            archive_members: 200_000,
            archive_ratio: 100,
            archive_bytes: 256 << 20,
            folder_depth: 8,
            parquet_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// The most that an archive of `packed` bytes may unpack to.
    fn unpacked(&self, packed: u64) -> u64 {
        self.archive_bytes.max(packed.saturating_mul(self.archive_ratio))
    }
}

impl Default for Options {
    /// Finds out what it can; a fixed key, so the pseudonyms are no secret until a key is given.
    fn default() -> Self {
        Options {
            format: None,
            mapping: None,
            zone: None,
            date_order: None,
            silence_gap: Span::from_hours(24),
            agents: Vec::new(),
            bots: Vec::new(),
            customers: Vec::new(),
            keep_text: KeepText::default(),
            key: Key::from_bytes(b""),
            forget: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Options {
    /// The zone, UTC if none was given.
    fn zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or(TimeZone::UTC)
    }
}

/// Reads all inputs and gives their events in the order of time.
pub fn import(
    inputs: &[Input],
    options: &Options,
    each: &mut dyn FnMut(&Event),
) -> Result<ImportReport, ImportError> {
    import_watched(inputs, options, &mut |_| {}, &mut |_| {}, each)
}

/// As [`import`]; `quarantine` sees everything that is refused, `progress` the bytes read.
pub fn import_watched(
    inputs: &[Input],
    options: &Options,
    quarantine: &mut dyn FnMut(&Quarantined),
    progress: &mut dyn FnMut(u64),
    each: &mut dyn FnMut(&Event),
) -> Result<ImportReport, ImportError> {
    let mut intake = Intake::new(options, quarantine, progress);
    let mut groups: Vec<(Format, Vec<&Input>)> = Vec::new();
    let mut unknown = Vec::new();
    for input in inputs {
        let known = match options.format {
            Some(format) => Some((format, "as told".to_owned())),
            None if options.mapping.is_some() => Some((Format::Table, "a mapping was given".to_owned())),
            None => detect(&input.head()?, &input.name),
        };
        let Some((format, reason)) = known else {
            unknown.push(input);
            continue;
        };
        let name = intake.label(&input.name);
        let file = FileReport { name, format: format.name(), reason, bytes: input.bytes };
        intake.report.files.push(file);
        match groups.iter_mut().find(|(f, _)| *f == format) {
            Some((_, inputs)) => inputs.push(input),
            None => groups.push((format, vec![input])),
        }
    }
    // In a folder there may be other things beside the traffic; they are refused, but do not stop it.
    for input in unknown {
        if groups.is_empty() || !input.found {
            return Err(ImportError::UnknownFormat { file: input.name.clone() });
        }
        intake.begin(input);
        intake.element();
        intake.quarantine(0, "the whole file: its format is not recognised (--from)", b"");
    }
    for (format, inputs) in groups {
        read(format, &inputs, &mut intake)?;
        intake.settle()?;
    }
    intake.finish(each)
}

fn read(format: Format, inputs: &[&Input], intake: &mut Intake<'_>) -> Result<(), ImportError> {
    match format {
        Format::LogJsonl => log_file::read_jsonl(inputs, intake),
        #[cfg(feature = "frames")]
        Format::LogParquet => log_parquet::read(inputs, intake),
        #[cfg(not(feature = "frames"))]
        Format::LogParquet => Err(ImportError::Unusable {
            file: inputs.first().map(|input| input.name.clone()).unwrap_or_default(),
            what: "this build reads no Parquet; build with the feature `frames`".to_owned(),
        }),
        Format::LogCsv => log_file::read_csv(inputs, intake),
        Format::WhatsappExport => chat::read(inputs, intake),
        Format::WhatsappWebhooks => webhooks::read(inputs, intake),
        Format::Table => table::read(inputs, intake),
        Format::Xes => xes::read(inputs, intake),
        Format::Abcd => abcd::read(inputs, intake),
        Format::Irc => irc::read(inputs, intake),
        Format::TwilioJson => bsp::twilio::read_json(inputs, intake),
        Format::TwilioCsv => bsp::twilio::read_csv(inputs, intake),
        Format::TwilioConversations => bsp::twilio::read_conversations(inputs, intake),
        Format::TwilioWebhooks => bsp::twilio_webhooks::read(inputs, intake),
        Format::Gupshup => bsp::gupshup::read(inputs, intake),
        Format::Wati => bsp::wati::read(inputs, intake),
        Format::ZohoSalesiq => bsp::zoho_salesiq::read(inputs, intake),
        Format::FreshdeskCsv => desks::freshdesk::read_csv(inputs, intake),
        Format::FreshdeskJson => desks::freshdesk::read_json(inputs, intake),
        Format::Zendesk => desks::zendesk::read(inputs, intake),
        Format::ZohoDeskCsv => desks::zoho_desk::read(inputs, intake),
        Format::ZohoDeskJson => desks::zoho_desk_json::read(inputs, intake),
        Format::Happyfox => desks::happyfox::read(inputs, intake),
        Format::Liveagent => desks::liveagent::read(inputs, intake),
        Format::Chatwoot => desks::chatwoot::read(inputs, intake),
    }
}
