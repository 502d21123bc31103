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
    /// The traffic log, Parquet.
    LogParquet = "log_parquet",
    /// WhatsApp chat export (`.txt`, also inside `.zip`).
    WhatsappExport = "whatsapp_export",
    /// WhatsApp Cloud API webhooks (also Gupshup v3).
    WhatsappWebhooks = "whatsapp_webhooks",
    /// Twilio Messages resource, JSON or one object per line.
    TwilioJson = "twilio_json",
    /// Twilio console export, CSV.
    TwilioCsv = "twilio_csv",
    /// Twilio Conversations, JSON.
    TwilioConversations = "twilio_conversations",
    /// Twilio webhooks as form data, with the log's own time in front.
    TwilioWebhooks = "twilio_webhooks",
    /// Gupshup v2 callbacks.
    Gupshup = "gupshup",
    /// Wati webhooks.
    Wati = "wati",
    /// Zoho SalesIQ webhooks.
    ZohoSalesiq = "zoho_salesiq",
    /// Freshdesk ticket export, CSV.
    FreshdeskCsv = "freshdesk_csv",
    /// Freshdesk API, JSON.
    FreshdeskJson = "freshdesk_json",
    /// Zendesk API: tickets, audits, comments, metric events.
    Zendesk = "zendesk",
    /// Zoho Desk backup, CSV with two header rows.
    ZohoDeskCsv = "zoho_desk_csv",
    /// Zoho Desk webhooks and API, JSON.
    ZohoDeskJson = "zoho_desk_json",
    /// HappyFox API, JSON.
    Happyfox = "happyfox",
    /// LiveAgent API, JSON.
    Liveagent = "liveagent",
    /// Chatwoot API, JSON.
    Chatwoot = "chatwoot",
    /// Any table (CSV or JSON Lines) with a mapping.
    Table = "table",
    /// XES event log.
    Xes = "xes",
    /// Action-Based Conversations Dataset.
    Abcd = "abcd",
    /// Log of an IRC channel.
    Irc = "irc",
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
}
