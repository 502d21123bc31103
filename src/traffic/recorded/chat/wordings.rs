//! What WhatsApp itself writes into an export, in the languages whose wording is known: media left
//! out, attachments, deleted and edited messages, notices. Compared without invisible marks.

use std::sync::LazyLock;

use regex::Regex;

use super::super::script::{is_invisible, trim_marks};

/// What the body of an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Something that was written, perhaps edited later.
    Text { text: &'a str, edited: bool },
    /// Something that was sent, not text: its kind and what was written with it.
    Media { kind: &'static str, caption: &'a str, left_out: bool },
    /// Deleted by its author or an administrator.
    Deleted,
    /// Not from a person.
    Notice,
    /// Looks like a marker, but of no known wording.
    Unknown,
}

/// Bodies that stand for media left out, whatever kind.
const MEDIA_OMITTED: [&str; 53] = [
    "<मीडिया के बिना>",
    "<मीडिया शामिल नहीं है>",
    "<الوسائط غير مدرجة>",
    "<الوسائط مستبعدة>",
    "<媒体文件已忽略>",
    "<省略影音內容>",
    "<미디어 파일 제외됨>",
    "<사진 생략>",
    "<Media har utelämnats>",
    "<Medier udeladt>",
    "<Mediefil utelatt>",
    "<Media jätetty pois>",
    "<Média vynechána>",
    "<Conținut media omis>",
    "<Média elhagyva>",
    "<Παραλήφθηκαν μέσα>",
    "<המדיה לא נכללה>",
    "<ไม่รวมสื่อ>",
    "<Phương tiện bị bỏ qua>",
    "<Mitjans omesos>",
    "<Multimedia pominięto>",
    "<View once voice message omitted>",
    "<Медиафайлы без вложений>",
    "<Media omitted>",
    "<Multimedia omitido>",
    "<Archivo omitido>",
    "<Mídia oculta>",
    "<Mídia omitida>",
    "<Arquivo de mídia oculto>",
    "<Ficheiro não revelado>",
    "<Ficheiro multimédia omitido>",
    "<Medien ausgeschlossen>",
    "<Médias omis>",
    "<Média omis>",
    "<Fichier omis>",
    "<Media omesso>",
    "<Media omessi>",
    "<Media weggelaten>",
    "<Media utelatt>",
    "<Media utelämnat>",
    "<Mediefil udeladt>",
    "<Media jätettiin pois>",
    "<pominięto multimedia>",
    "<Без медиафайлов>",
    "<Медіафайл пропущено>",
    "<Medya dahil edilmedi>",
    "<Media tidak disertakan>",
    "<省略多媒體檔案>",
    "<已省略媒体文件>",
    "<メディアは含まれていません>",
    "<미디어 파일을 생략한 대화내용>",
    "<تم استبعاد الوسائط>",
    "<मीडिया छोड़ा गया>",
];

/// The first words of what iOS writes for media left out ("image omitted", "Bild weggelassen").
const KINDS: [(&str, &str); 81] = [
    ("इमेज", "image"),
    ("फ़ोटो", "image"),
    ("फोटो", "image"),
    ("छवि", "image"),
    ("वीडियो", "video"),
    ("ऑडियो", "audio"),
    ("स्टिकर", "sticker"),
    ("दस्तावेज़", "document"),
    ("डॉक्यूमेंट", "document"),
    ("صورة", "image"),
    ("الصورة", "image"),
    ("فيديو", "video"),
    ("الفيديو", "video"),
    ("صوت", "audio"),
    ("الصوت", "audio"),
    ("ملصق", "sticker"),
    ("الملصق", "sticker"),
    ("مستند", "document"),
    ("المستند", "document"),
    ("fotoğraf", "image"),
    ("dokumen", "document"),
    ("suara", "audio"),
    ("kontak", "contact"),
    ("kişi", "contact"),
    ("contatto", "contact"),
    ("contacto", "contact"),
    ("contato", "contact"),
    ("kontakt", "contact"),
    ("image.", "image"),
    ("画像", "image"),
    ("動画", "video"),
    ("写真", "image"),
    ("图片", "image"),
    ("视频", "video"),
    ("语音", "audio"),
    ("image", "image"),
    ("imagen", "image"),
    ("imagem", "image"),
    ("immagine", "image"),
    ("bild", "image"),
    ("afbeelding", "image"),
    ("billede", "image"),
    ("bilde", "image"),
    ("foto", "image"),
    ("photo", "image"),
    ("изображение", "image"),
    ("görüntü", "image"),
    ("obraz", "image"),
    ("kuva", "image"),
    ("gambar", "image"),
    ("图像", "image"),
    ("video", "video"),
    ("vídeo", "video"),
    ("vidéo", "video"),
    ("видео", "video"),
    ("wideo", "video"),
    ("audio", "audio"),
    ("áudio", "audio"),
    ("аудиофайл", "audio"),
    ("ses", "audio"),
    ("lyd", "audio"),
    ("ljud", "audio"),
    ("ääni", "audio"),
    ("dźwięk", "audio"),
    ("sticker", "sticker"),
    ("figurinha", "sticker"),
    ("autocollant", "sticker"),
    ("adesivo", "sticker"),
    ("стикер", "sticker"),
    ("çıkartma", "sticker"),
    ("naklejka", "sticker"),
    ("stiker", "sticker"),
    ("gif", "video"),
    ("document", "document"),
    ("documento", "document"),
    ("dokument", "document"),
    ("documents", "document"),
    ("документ", "document"),
    ("belge", "document"),
    ("contact", "contact"),
    ("video-note", "video"),
];

/// The last words of what iOS writes for media left out.
const OMITTED: [&str; 56] = [
    "गई",
    "गया",
    "छोड़ी",
    "छोड़ा",
    "हटाई",
    "हटाया",
    "استبعاد",
    "استبعادها",
    "مستبعدة",
    "محذوفة",
    "محذوف",
    "مدرجة",
    "مضمّنة",
    "excluded",
    "excluído",
    "excluída",
    "allegata",
    "cihazda",
    "omise.",
    "省略",
    "省略されました",
    "已略過",
    "已忽略",
    "utelämnades",
    "udeladt.",
    "omitted",
    "omitido",
    "omitida",
    "ocultado",
    "ocultada",
    "oculto",
    "weggelassen",
    "ausgeschlossen",
    "omis",
    "omise",
    "absente",
    "absent",
    "omesso",
    "omessa",
    "escluso",
    "esclusa",
    "weggelaten",
    "utelatt",
    "utelämnad",
    "udeladt",
    "pominięto",
    "pominięty",
    "опущено",
    "пропущено",
    "dahil",
    "edilmedi",
    "poissa",
    "tidak",
    "disertakan",
    "non",
    "inclus",
];

/// What Android writes behind the name of an attached file.
const ATTACHED: [&str; 15] = [
    "file attached",
    "archivo adjunto",
    "archivo adjuntado",
    "arquivo anexado",
    "ficheiro anexado",
    "Datei angehängt",
    "fichier joint",
    "file allegato",
    "bestand bijgevoegd",
    "bifogad fil",
    "fil vedlagt",
    "vedhæftet fil",
    "файл добавлен",
    "dosya ekli",
    "file terlampir",
];

const DELETED: [&str; 57] = [
    "This message was deleted by an admin",
    "यह मैसेज डिलीट कर दिया गया",
    "यह मैसेज हटा दिया गया है",
    "यह संदेश हटा दिया गया था",
    "आपने यह मैसेज डिलीट किया",
    "आपने यह संदेश हटा दिया",
    "حذفت هذه الرسالة",
    "لقد حذفت هذه الرسالة",
    "Pesan ini telah dihapus",
    "Anda telah menghapus pesan ini",
    "Esta mensagem foi eliminada",
    "Eliminou esta mensagem",
    "Ce message a été supprimé par un admin",
    "Questo messaggio è stato eliminato da un amministratore",
    "あなたはこのメッセージを削除しました",
    "您已删除此消息",
    "您已刪除此訊息",
    "This message was deleted",
    "You deleted this message",
    "This message was deleted by admin",
    "You deleted this message as admin",
    "Se eliminó este mensaje",
    "Eliminaste este mensaje",
    "Este mensaje fue eliminado",
    "Este mensaje se eliminó",
    "Mensagem apagada",
    "Esta mensagem foi apagada",
    "Você apagou esta mensagem",
    "Apagou esta mensagem",
    "Diese Nachricht wurde gelöscht",
    "Du hast diese Nachricht gelöscht",
    "Ce message a été supprimé",
    "Vous avez supprimé ce message",
    "Questo messaggio è stato eliminato",
    "Hai eliminato questo messaggio",
    "Dit bericht is verwijderd",
    "Dit bericht werd verwijderd",
    "U hebt dit bericht verwijderd",
    "Je hebt dit bericht verwijderd",
    "Det här meddelandet togs bort",
    "Meddelandet togs bort",
    "Denne meldingen ble slettet",
    "Denne besked blev slettet",
    "Tämä viesti poistettiin",
    "Ta wiadomość została usunięta",
    "Usunięto tę wiadomość",
    "Данное сообщение удалено",
    "Вы удалили данное сообщение",
    "Bu mesaj silindi",
    "Bu mesajı sildiniz",
    "Pesan ini dihapus",
    "Anda menghapus pesan ini",
    "此訊息已刪除",
    "此消息已删除",
    "このメッセージは削除されました",
    "삭제된 메시지입니다",
    "تم حذف هذه الرسالة",
];

const EDITED: [&str; 21] = [
    "<यह मैसेज एडिट किया गया>",
    "<تم تعديل هذه الرسالة>",
    "<Ta wiadomość została zmieniona>",
    "<Pesan ini telah diedit>",
    "<Bu mesaj düzenlenmiştir>",
    "<This message was edited>",
    "<Se editó este mensaje.>",
    "<Se editó este mensaje>",
    "<Mensagem editada>",
    "<Esta mensagem foi editada>",
    "Esta mensagem foi editada",
    "<Diese Nachricht wurde bearbeitet>",
    "<Diese Nachricht wurde bearbeitet.>",
    "<Ce message a été modifié>",
    "<Questo messaggio è stato modificato>",
    "<Dit bericht is bewerkt>",
    "<Det här meddelandet har redigerats>",
    "<Данное сообщение изменено>",
    "<Bu mesaj düzenlendi>",
    "<Pesan ini diedit>",
    "<このメッセージは編集されました>",
];

/// Parts of notices, in lower case: enough of each to leave no doubt.
const NOTICES: [&str; 85] = [
    "messages to this chat and calls are now secured",
    "no one outside of this chat, not even whatsapp",
    "مشفرة تمامًا بين الطرفين",
    "مشفّرة تمامًا بين الطرفين",
    "एंड-टू-एंड एन्क्रिप्ट",
    "uçtan uca şifreli",
    "terenkripsi secara end-to-end",
    "dienkripsi secara end-to-end",
    "защищены сквозным шифрованием",
    "szyfrowane w pełni",
    "bota kodlama",
    "joined from the community",
    "pinned a message",
    "anclaste un mensaje",
    "fijó un mensaje",
    "fixou uma mensagem",
    "hat eine nachricht angepinnt",
    "started a call",
    "cambió los ajustes",
    "está usando um serviço seguro",
    "se unió mediante el enlace",
    "ha lasciato il gruppo",
    "a quitté le groupe",
    "end-to-end encrypted",
    "are now secured with end-to-end",
    "created group",
    "created this group",
    "changed the subject",
    "changed this group's icon",
    "changed the group description",
    "changed this group's settings",
    "changed the group name",
    "deleted this group's icon",
    "joined using this group's invite link",
    "changed their phone number",
    "changed to a new number",
    "your security code with",
    "you're now an admin",
    "you're no longer an admin",
    "turned on disappearing messages",
    "turned off disappearing messages",
    "this chat is with a business account",
    "this business uses a secure service",
    "this business is now",
    "you blocked this contact",
    "you unblocked this contact",
    "missed voice call",
    "missed video call",
    "missed group voice call",
    "cifrados de extremo a extremo",
    "cifradas de extremo a extremo",
    "creó el grupo",
    "cambió el asunto",
    "cambió el ícono de este grupo",
    "cambió la descripción del grupo",
    "cambió tu código de seguridad",
    "cambió su número de teléfono",
    "se unió usando el enlace",
    "bloqueaste a este contacto",
    "llamada perdida",
    "videollamada perdida",
    "criptografia de ponta a ponta",
    "encriptadas de ponta a ponta",
    "criou o grupo",
    "mudou o nome do grupo",
    "alterou o assunto",
    "mudou a imagem deste grupo",
    "entrou usando o link de convite",
    "mudou seu código de segurança",
    "chamada de voz perdida",
    "ende-zu-ende-verschlüsselt",
    "hat die gruppe",
    "hat den betreff",
    "hat das gruppenbild",
    "sicherheitsnummer",
    "verpasster sprachanruf",
    "verpasster videoanruf",
    "chiffrés de bout en bout",
    "a créé le groupe",
    "a changé le sujet",
    "crittografati end-to-end",
    "crittografia end-to-end",
    "ha creato il gruppo",
    "end-to-end versleuteld",
    "heeft de groep",
];

/// Whether a text is a notice beyond doubt.
fn is_notice(text: &str) -> bool {
    /// All notices at once, in one pass over the text.
    static ANY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!("(?i){}", NOTICES.map(regex::escape).join("|"))).ok());
    ANY.as_ref().is_some_and(|notices| notices.is_match(text))
}

/// Whether what stands before a colon is the beginning of a notice rather than an author: a name is
/// short and holds no quotation.
pub fn notice_with_colon(before: &str) -> bool {
    const LONGEST_NAME: usize = 80;
    before.chars().count() > LONGEST_NAME || before.contains(['"', '“', '”', '«', '„']) || is_notice(before)
}

/// The kind of a file, by its extension.
pub fn kind_of_file(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    match extension.as_str() {
        "jpg" | "jpeg" | "png" | "heic" | "gif" => "image",
        "webp" => "sticker",
        "mp4" | "3gp" | "mov" | "avi" => "video",
        "opus" | "m4a" | "mp3" | "aac" | "ogg" | "amr" | "wav" => "audio",
        "vcf" => "contact",
        _ => "document",
    }
}

/// What a body is. `author` is false for entries that name none: they are all notices.
pub fn classify(body: &str) -> Body<'_> {
    let marked = body.starts_with(is_invisible);
    let text = trim_marks(body);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = trim_marks(first);
    if text.is_empty() {
        return Body::Text { text: "", edited: false };
    }
    // Most messages hold neither a mark nor a bracket nor any of the words below.
    if let Some(body) = bracketed(text, first, rest) {
        return body;
    }
    if text.len() <= 160 {
        let plain = text.trim_end_matches(['.', '。', '．']);
        if DELETED.iter().any(|d| d.eq_ignore_ascii_case(plain)) {
            return Body::Deleted;
        }
        if text == "null" {
            return Body::Media { kind: "unknown", caption: "", left_out: true };
        }
        if let Some(kind) = omitted(first, marked) {
            return Body::Media { kind, caption: rest, left_out: true };
        }
        let location =
            ["Location: http", "location: http", "Ubicación: http", "Localização: http", "Standort: http"];
        if location.iter().any(|l| text.starts_with(l)) || text == "live location shared" {
            return Body::Media { kind: "location", caption: "", left_out: false };
        }
    }
    if first == "POLL:" || first == "ENCUESTA:" || first == "ENQUETE:" || first == "UMFRAGE:" {
        return Body::Media { kind: "poll", caption: rest, left_out: false };
    }
    if marked {
        // On iOS the mark before a body says that WhatsApp wrote it.
        return if text.len() <= 40 && text.starts_with('<') { Body::Unknown } else { Body::Notice };
    }
    Body::Text { text, edited: false }
}

/// Whether a body without mark is a notice, as in exports of older iPhones. A customer may well write
/// about a missed call, so words about calls must be all there is.
pub fn plain_notice(text: &str) -> bool {
    const CALLS: [&str; 5] = ["missed", "perdida", "verpasster", "manqué", "persa"];
    if text.len() > 240 || !is_notice(text) {
        return false;
    }
    let lower = text.to_lowercase();
    !CALLS.iter().any(|word| lower.contains(word)) || NOTICES.contains(&lower.trim_end_matches('.'))
}

/// The note that begins every chat, which some exports attribute to the group or the contact.
pub fn is_encryption_note(text: &str) -> bool {
    text.starts_with("Messages ") && text.len() < 400 && text.contains("end-to-end encrypt")
}

/// Everything that stands in brackets: media left out, attached, edited.
fn bracketed<'a>(text: &'a str, first: &'a str, rest: &'a str) -> Option<Body<'a>> {
    if let Some((name, phrase)) = first.strip_suffix(')').and_then(|f| f.rsplit_once(" ("))
        && (ATTACHED.iter().any(|a| a.eq_ignore_ascii_case(phrase))
            || is_camera_name(name)
            || (is_file_name(name) && phrase.chars().all(|c| c.is_alphabetic() || c.is_whitespace())))
    {
        return Some(Body::Media { kind: kind_of_file(name), caption: rest, left_out: false });
    }
    let inside = text.strip_suffix('>')?;
    if MEDIA_OMITTED.iter().any(|m| m.eq_ignore_ascii_case(text)) {
        return Some(Body::Media { kind: "unknown", caption: "", left_out: true });
    }
    for edited in EDITED {
        if let Some(before) = text.strip_suffix(edited) {
            return Some(Body::Text { text: trim_marks(before), edited: true });
        }
    }
    let (before, inside) = inside.rsplit_once('<')?;
    if inside == "attached" && !before.trim().is_empty() {
        return Some(Body::Media { kind: kind_of_file(before.trim()), caption: "", left_out: false });
    }
    // `<attached: NAME>` in any language: a word or two, a colon, a file name.
    if let Some((word, name)) = inside.split_once(':') {
        let name = name.trim();
        let named =
            name.rsplit_once('.').is_some_and(|(_, e)| (2..=5).contains(&e.len()) && !e.contains(' '));
        if named && word.chars().count() <= 24 && !word.contains('/') {
            return Some(Body::Media {
                kind: kind_of_file(name),
                caption: trim_marks(before),
                left_out: false,
            });
        }
    }
    let short = text.starts_with('<')
        && text.chars().count() <= 40
        && !text.contains('\n')
        && !inside.contains(['/', '=']);
    short.then_some(Body::Unknown)
}

/// `IMG-20210428-WA0001.jpg` and its kin.
fn is_camera_name(name: &str) -> bool {
    let name = trim_marks(name);
    let known = ["IMG-", "VID-", "PTT-", "AUD-", "STK-", "DOC-", "VCF-"].iter().any(|p| name.starts_with(p));
    known && name.contains("-WA") && !name.contains(' ')
}

/// A name with an extension that files have; what stands in brackets behind it is said in every language.
fn is_file_name(name: &str) -> bool {
    const EXTENSIONS: [&str; 28] = [
        "jpg", "jpeg", "png", "gif", "webp", "heic", "mp4", "3gp", "mov", "opus", "m4a", "mp3", "aac", "ogg",
        "amr", "wav", "vcf", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "zip", "apk",
    ];
    let name = trim_marks(name);
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    })
}

/// The kind in "image omitted" and the like; behind a mark, the first word is enough.
fn omitted(text: &str, marked: bool) -> Option<&'static str> {
    if text.len() > 60 {
        return None;
    }
    let kind = |word: &str| KINDS.iter().find(|(known, _)| same(known, word)).map(|(_, kind)| *kind);
    let left_out = |word: &str| OMITTED.iter().any(|known| same(known, word));
    match text.rsplit_once(char::is_whitespace) {
        None if marked => kind(text),
        None => None,
        // Languages order the words as they like; behind a mark nobody else can have written them.
        Some(_) if marked && text.split_whitespace().any(left_out) => text.split_whitespace().find_map(kind),
        Some((before, last)) if left_out(last) => kind(before.split_whitespace().next()?),
        Some(_) => None,
    }
}

/// The same but for the case; `word` is in lower case.
fn same(word: &str, other: &str) -> bool {
    word.eq_ignore_ascii_case(other)
        || (!other.is_ascii() && other.chars().flat_map(char::to_lowercase).eq(word.chars()))
}

/// The date in the name of an attached file: `IMG-20210428-WA0001.jpg`, `00000042-PHOTO-2020-06-07-15-13-20.jpg`.
pub fn date_in_name(body: &str) -> Option<jiff::civil::Date> {
    // Most messages are told apart by one look.
    memchr::memchr2(b'(', b'<', body.as_bytes())?;
    if !body.contains("-WA")
        && !body.contains("-PHOTO")
        && !body.contains("-VIDEO")
        && !body.contains("-AUDIO")
    {
        return None;
    }
    let bytes = body.as_bytes();
    let number = |from: usize, len: usize| -> Option<i64> {
        let part = bytes.get(from..from + len)?;
        part.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    (0..bytes.len().min(300)).filter(|at| bytes[*at..].starts_with(b"20")).find_map(|at| {
        let dash = |i: usize| bytes.get(at + i) == Some(&b'-');
        let digit_before = at > 0 && bytes[at - 1].is_ascii_digit();
        if digit_before {
            None
        } else if dash(4) && dash(7) {
            super::super::clock::civil_date(number(at, 4)?, number(at + 5, 2)?, number(at + 8, 2)?)
        } else if dash(8) {
            super::super::clock::civil_date(number(at, 4)?, number(at + 4, 2)?, number(at + 6, 2)?)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers() {
        let media = |kind, caption, left_out| Body::Media { kind, caption, left_out };
        for (body, expected) in [
            ("<Media omitted>", media("unknown", "", true)),
            ("<Mídia oculta>", media("unknown", "", true)),
            ("\u{200e}image omitted", media("image", "", true)),
            ("\u{200e}image", media("image", "", true)),
            ("audio omitted", media("audio", "", true)),
            ("\u{200e}Bild weggelassen", media("image", "", true)),
            ("\u{200e}áudio ocultado", media("audio", "", true)),
            ("\u{200e}<attached: 00000042-PHOTO-2020-06-07-15-13-20.jpg>", media("image", "", false)),
            (
                "name.pdf • 2 pages \u{200e}<adjunto: name.pdf>",
                media("document", "name.pdf • 2 pages", false),
            ),
            ("2015-08-04-PHOTO-00004762.jpg <attached>", media("image", "", false)),
            ("IMG-20210428-WA0001.jpg (file attached)\nlook", media("image", "look", false)),
            ("PTT-20210428-WA0001.opus (bestand)", media("audio", "", false)),
            ("Mi recibo 3.pdf (archivo adjunto)", media("document", "", false)),
            ("рахунок.pdf (файл додано)", media("document", "", false)),
            ("\u{200e}इमेज छोड़ी गई", media("image", "", true)),
            ("\u{200e}görüntü dahil edilmedi", media("image", "", true)),
            ("\u{200e}تم استبعاد الصورة", media("image", "", true)),
            ("\u{200e}immagine omessa", media("image", "", true)),
            ("<Media omesso>", media("unknown", "", true)),
            ("<मीडिया छोड़ा गया>", media("unknown", "", true)),
            ("Pesan ini telah dihapus", Body::Deleted),
            ("This message was deleted", Body::Deleted),
            ("Se eliminó este mensaje.", Body::Deleted),
            ("\u{200e}You deleted this message.", Body::Deleted),
            ("ok then <This message was edited>", Body::Text { text: "ok then", edited: true }),
            ("ok \u{200e}<Diese Nachricht wurde bearbeitet>", Body::Text { text: "ok", edited: true }),
            ("\u{200e}Messages and calls are end-to-end encrypted.", Body::Notice),
            ("\u{200e}Something that is new", Body::Notice),
            ("<Etwas Neues>", Body::Unknown),
            ("null", media("unknown", "", true)),
            ("POLL:\nWhich?\nOPTION: a", media("poll", "Which?\nOPTION: a", false)),
            ("Location: https://maps.google.com/?q=1,2", media("location", "", false)),
            ("image of my order", Body::Text { text: "image of my order", edited: false }),
            ("a <b>bold</b>", Body::Text { text: "a <b>bold</b>", edited: false }),
            ("I said (hello)", Body::Text { text: "I said (hello)", edited: false }),
        ] {
            assert_eq!(classify(body), expected, "{body}");
        }
    }

    #[test]
    fn dates_in_names() {
        for (body, date) in [
            ("IMG-20210428-WA0001.jpg (file attached)", Some((2021, 4, 28))),
            ("<attached: 00000042-PHOTO-2020-06-07-15-13-20.jpg>", Some((2020, 6, 7))),
            ("2015-08-04-PHOTO-00004762.jpg <attached>", Some((2015, 8, 4))),
            ("see 2015-08-04", None),
        ] {
            let expected = date.and_then(|(y, m, d)| super::super::super::clock::civil_date(y, m, d));
            assert_eq!(date_in_name(body), expected, "{body}");
        }
    }
}
