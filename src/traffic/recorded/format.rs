//! The formats and their names.

macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),+ $(,)?) => {
        /// A format of recorded traffic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format {
            $($(#[doc = $doc])+ $variant),+
        }
        impl Format {
            /// All of them.
            pub const ALL: &'static [Format] = &[$(Format::$variant),+];
            /// Its name in files and on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Format::$variant => $name),+ }
            }
        }
    };
}

formats! {
    /// The traffic log, JSON Lines.
    LogJsonl = "log_jsonl",
    /// The traffic log, CSV.
    LogCsv = "log_csv",
    /// WhatsApp chat export (`.txt`, also inside `.zip`).
    WhatsappExport = "whatsapp_export",
    /// WhatsApp Cloud API webhooks (also Gupshup v3).
    WhatsappWebhooks = "whatsapp_webhooks",
}

impl Format {
    /// From its name.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// All names.
    pub fn names() -> Vec<&'static str> {
        Format::ALL.iter().map(|f| f.name()).collect()
    }

    /// Its threads go on for ever, so conversations are cut out of them by a silence.
    pub fn endless(self) -> bool {
        use Format::*;
        matches!(self, WhatsappExport | WhatsappWebhooks)
    }
}
