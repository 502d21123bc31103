//! The same short chat as phones of many regions write it: it must be read as the same chat.

use jiff::tz::TimeZone;

use crate::traffic::log::Precision;
use crate::traffic::recorded::{Input, Options, import};

/// How a phone writes: the head of an entry as a pattern, what stands for a picture left out, and for a
/// deleted message.
struct Locale {
    name: &'static str,
    /// `{d}` day, `{m}` month, `{y}` year, `{yy}` its last two digits, `{H}` hour, `{h}` hour of twelve,
    /// `{M}` minute, `{S}` second, `{half}` half of the day; `0` in front means two digits.
    head: &'static str,
    halves: [&'static str; 2],
    media: &'static str,
    deleted: &'static str,
    ends: &'static str,
    zero: char,
}

const ANDROID: Locale = Locale {
    name: "",
    head: "",
    halves: ["AM", "PM"],
    media: "<Media omitted>",
    deleted: "This message was deleted",
    ends: "\n",
    zero: '0',
};

const LOCALES: [Locale; 24] = [
    Locale { name: "en-US Android", head: "{m}/{d}/{yy}, {h}:{0M}\u{202f}{half} - ", ..ANDROID },
    Locale {
        name: "en-US iOS",
        head: "[{m}/{d}/{yy}, {h}:{0M}:{0S}\u{202f}{half}] ",
        media: "\u{200e}image omitted",
        deleted: "\u{200e}This message was deleted.",
        ends: "\r\n",
        ..ANDROID
    },
    Locale { name: "en-GB Android", head: "{0d}/{0m}/{y}, {0H}:{0M} - ", ..ANDROID },
    Locale {
        name: "en-IN Android",
        head: "{0d}/{0m}/{yy}, {h}:{0M} {half} - ",
        halves: ["am", "pm"],
        ..ANDROID
    },
    Locale {
        name: "es-MX Android",
        head: "{d}/{m}/{yy}, {h}:{0M} {half} - ",
        halves: ["a.\u{a0}m.", "p.\u{a0}m."],
        media: "<Multimedia omitido>",
        deleted: "Se eliminó este mensaje",
        ..ANDROID
    },
    Locale {
        name: "es-ES iOS",
        head: "[{d}/{m}/{yy}, {H}:{0M}:{0S}] ",
        media: "\u{200e}imagen omitida",
        deleted: "\u{200e}Se eliminó este mensaje.",
        ends: "\r\n",
        ..ANDROID
    },
    Locale {
        name: "pt-BR Android",
        head: "{0d}/{0m}/{y} {0H}:{0M} - ",
        media: "<Mídia oculta>",
        deleted: "Mensagem apagada",
        ..ANDROID
    },
    Locale {
        name: "pt-PT Android",
        head: "{0d}/{0m}/{y}, {0H}:{0M} - ",
        media: "<Ficheiro não revelado>",
        deleted: "Esta mensagem foi apagada",
        ..ANDROID
    },
    Locale {
        name: "de Android",
        head: "{0d}.{0m}.{yy}, {0H}:{0M} - ",
        media: "<Medien ausgeschlossen>",
        deleted: "Diese Nachricht wurde gelöscht.",
        ..ANDROID
    },
    Locale {
        name: "de iOS",
        head: "[{0d}.{0m}.{yy}, {0H}:{0M}:{0S}] ",
        media: "\u{200e}Bild weggelassen",
        deleted: "\u{200e}Diese Nachricht wurde gelöscht.",
        ends: "\r\n",
        ..ANDROID
    },
    Locale {
        name: "it Android",
        head: "{0d}/{0m}/{yy}, {0H}:{0M} - ",
        media: "<Media omessi>",
        deleted: "Questo messaggio è stato eliminato",
        ..ANDROID
    },
    Locale {
        name: "it iOS",
        head: "[{0d}/{0m}/{yy}, {0H}:{0M}:{0S}] ",
        media: "\u{200e}immagine omessa",
        deleted: "\u{200e}Questo messaggio è stato eliminato.",
        ends: "\r\n",
        ..ANDROID
    },
    Locale {
        name: "fr Android",
        head: "{0d}/{0m}/{y} à {0H}:{0M} - ",
        media: "<Médias omis>",
        deleted: "Ce message a été supprimé",
        ..ANDROID
    },
    Locale {
        name: "fr-CA iOS",
        head: "[{y}-{0m}-{0d} {0H} h {0M} min {0S} s] ",
        media: "\u{200e}image absente",
        deleted: "\u{200e}Ce message a été supprimé.",
        ends: "\r\n",
        ..ANDROID
    },
    Locale {
        name: "nl Android",
        head: "{0d}-{0m}-{y} {0H}:{0M} - ",
        media: "<Media weggelaten>",
        deleted: "Dit bericht is verwijderd",
        ..ANDROID
    },
    Locale {
        name: "tr Android",
        head: "{d}.{0m}.{y} {0H}:{0M} - ",
        media: "<Medya dahil edilmedi>",
        deleted: "Bu mesaj silindi",
        ..ANDROID
    },
    Locale {
        name: "id Android",
        head: "{0d}/{0m}/{yy} {0H}.{0M} - ",
        media: "<Media tidak disertakan>",
        deleted: "Pesan ini telah dihapus",
        ..ANDROID
    },
    Locale {
        name: "hi Android",
        head: "{d}/{m}/{yy}, {h}:{0M} {half} - ",
        halves: ["पूर्वाह्न", "अपराह्न"],
        media: "<मीडिया छोड़ा गया>",
        deleted: "यह मैसेज डिलीट कर दिया गया",
        ..ANDROID
    },
    Locale {
        name: "ar Android",
        head: "{d}\u{200f}/{m}\u{200f}/{y}، {h}:{0M} {half} - ",
        halves: ["ص", "م"],
        media: "<تم استبعاد الوسائط>",
        deleted: "تم حذف هذه الرسالة",
        zero: '٠',
        ..ANDROID
    },
    Locale {
        name: "fi Android",
        head: "{d}.{m}.{y} klo {H}.{0M} - ",
        media: "<Media jätettiin pois>",
        deleted: "Tämä viesti poistettiin",
        ..ANDROID
    },
    Locale { name: "hr Android", head: "{0d}. {0m}. {y}. {0H}:{0M} - ", ..ANDROID },
    Locale {
        name: "sv Android",
        head: "{y}-{0m}-{0d} {0H}:{0M} - ",
        media: "<Media utelämnat>",
        deleted: "Det här meddelandet togs bort",
        ..ANDROID
    },
    Locale {
        name: "ja iOS",
        head: "[{y}/{0m}/{0d} {H}:{0M}:{0S}] ",
        media: "\u{200e}画像 省略",
        deleted: "\u{200e}このメッセージは削除されました。",
        ends: "\r\n",
        ..ANDROID
    },
    Locale {
        name: "zh-TW Android",
        head: "{y}/{m}/{d} {half}{h}:{0M} - ",
        halves: ["上午", "下午"],
        media: "<省略多媒體檔案>",
        deleted: "此訊息已刪除",
        ..ANDROID
    },
];

impl Locale {
    fn head(&self, day: u32, hour: u32, minute: u32) -> String {
        let month = if day > 30 { 7 } else { 6 };
        let day = if day > 30 { day - 30 } else { day };
        let half = self.halves[usize::from(hour >= 12)];
        let hour_of_twelve = (hour + 11) % 12 + 1;
        let mut head = self.head.replace("{half}", half);
        for (name, number) in
            [("d", day), ("m", month), ("H", hour), ("h", hour_of_twelve), ("M", minute), ("S", 7)]
        {
            head = head.replace(&format!("{{{name}}}"), &number.to_string());
            head = head.replace(&format!("{{0{name}}}"), &format!("{number:02}"));
        }
        head = head.replace("{yy}", "18").replace("{y}", "2018");
        let own = |c: char| c.to_digit(10).and_then(|d| char::from_u32(self.zero as u32 + d)).unwrap_or(c);
        if self.zero == '0' { head } else { head.chars().map(own).collect() }
    }

    /// Days 3 to 12 say nothing about the order by themselves; the last two do.
    fn chat(&self) -> String {
        let mut out = String::new();
        for (day, hour, minute, author, text) in CHAT {
            let text = match text {
                "[media]" => self.media,
                "[deleted]" => self.deleted,
                text => text,
            };
            out.push_str(&format!("{}{author}: {text}{}", self.head(day, hour, minute), self.ends));
        }
        out
    }
}

/// Day of June 2018 (31: the first of July), hour, minute, author, text.
const CHAT: [(u32, u32, u32, &str, &str); 9] = [
    (3, 0, 5, "Ana", "first: with a colon"),
    (3, 9, 59, "Shop", "two\nlines, 10:30 - no header"),
    (4, 12, 0, "Ana", "[media]"),
    (5, 12, 30, "Ana", "noon"),
    (6, 23, 59, "Shop", "[deleted]"),
    (12, 13, 1, "Ana", "1/2/18 is no date here"),
    (13, 1, 0, "~\u{202f}Leo", "another"),
    (29, 15, 15, "\u{202a}+55\u{a0}11\u{a0}99999\u{2011}0000\u{202c}", "number"),
    (31, 18, 45, "Ana", "bye"),
];

#[test]
fn the_same_chat_everywhere() {
    let utc = |day: u32, hour: u32, minute: u32, second: u32| {
        1_527_811_200_000
            + i64::from(day - 1) * 86_400_000
            + i64::from(hour * 3_600 + minute * 60 + second) * 1_000
    };
    for locale in &LOCALES {
        let name = locale.name;
        let text = locale.chat();
        let options = Options { zone: Some(TimeZone::UTC), ..Options::default() };
        let mut events = Vec::new();
        let inputs = [Input::memory("chat.txt", text.as_bytes())];
        let report = import(&inputs, &options, &mut |e| events.push(e.clone()))
            .unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
        assert_eq!(
            (report.read, report.kept, report.quarantined),
            (9, 9, 0),
            "{name}: {:?}\n{text}",
            report.notes
        );
        assert_eq!((report.authors, report.continuation_lines), (4, 1), "{name}");
        assert_eq!((report.count("media_omitted"), report.count("deleted")), (1, 1), "{name}\n{text}");
        let seconds = events[0].precision == Precision::Second;
        for (event, (day, hour, minute, ..)) in events.iter().zip(CHAT) {
            let expected = utc(day, hour, minute, if seconds { 7 } else { 0 });
            assert_eq!(event.at.ms(), expected, "{name}: {event:?}");
        }
        assert!(events[1].text.as_deref().is_some_and(|t| t == "two\nlines, 10:30 - no header"), "{name}");
        assert!(events.iter().all(|e| !format!("{e:?}").contains("99999")), "{name}");
    }
}
