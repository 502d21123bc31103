//! The short way through a body. Nearly all bodies are of a few plain forms; they are read here in one
//! pass, without any of the generality that odd ones need. Whatever is not of these forms, or not JSON to
//! the letter, is left to serde, which reads it or says what is wrong: the short way never refuses.

use std::borrow::Cow;

use super::body::{
    Change, Choice, Contact, Entry, ErrorCode, Interactive, Label, Message, Post, Pricing, Profile, Scalar,
    Status, Text, Value, Written,
};

/// A body, or `None` if it has to go the long way.
pub fn post(text: &str) -> Option<Post<'_>> {
    let mut walk = Walk { text, bytes: text.as_bytes(), at: 0 };
    let mut post = Post::default();
    walk.object(&mut |walk, key| match key {
        "entry" => walk.list(&mut post.entry, &mut entry),
        _ => walk.skip(0),
    })?;
    walk.blanks();
    (walk.at == text.len()).then_some(post)
}

fn entry<'a>(walk: &mut Walk<'a>) -> Option<Entry<'a>> {
    let mut entry = Entry::default();
    walk.object(&mut |walk, key| match key {
        "changes" => walk.list(&mut entry.changes, &mut change),
        _ => walk.skip(0),
    })?;
    Some(entry)
}

fn change<'a>(walk: &mut Walk<'a>) -> Option<Change<'a>> {
    let mut change = Change::default();
    let mut seen = false;
    walk.object(&mut |walk, key| match key {
        "field" => walk.scalar(&mut change.field),
        "value" if !seen => {
            seen = true;
            change.value = value(walk)?;
            Some(())
        }
        "value" => None,
        _ => walk.skip(0),
    })?;
    Some(change)
}

fn value<'a>(walk: &mut Walk<'a>) -> Option<Value<'a>> {
    let mut value = Value::default();
    walk.object(&mut |walk, key| match key {
        "contacts" => walk.list(&mut value.contacts, &mut contact),
        "messages" => walk.list(&mut value.messages, &mut message),
        "statuses" => walk.list(&mut value.statuses, &mut status),
        "errors" => walk.list(&mut value.errors, &mut error),
        "message_echoes" | "history" | "user_preferences" => None,
        _ => walk.skip(0),
    })?;
    Some(value)
}

fn contact<'a>(walk: &mut Walk<'a>) -> Option<Contact<'a>> {
    let mut contact = Contact::default();
    walk.object(&mut |walk, key| match key {
        "profile" => {
            let profile: &mut Profile<'a> = &mut contact.profile;
            walk.object(&mut |walk, key| match key {
                "name" => walk.scalar(&mut profile.name),
                "username" => walk.scalar(&mut profile.username),
                _ => walk.skip(0),
            })
        }
        "wa_id" => walk.scalar(&mut contact.wa_id),
        "user_id" => walk.scalar(&mut contact.user_id),
        _ => walk.skip(0),
    })?;
    Some(contact)
}

fn message<'a>(walk: &mut Walk<'a>) -> Option<Message<'a>> {
    let mut message = Message::default();
    walk.object(&mut |walk, key| match key {
        "id" => walk.scalar(&mut message.id),
        "from" => walk.scalar(&mut message.from),
        "from_user_id" => walk.scalar(&mut message.from_user_id),
        "timestamp" => walk.scalar(&mut message.timestamp),
        "type" => walk.scalar(&mut message.kind),
        "group_id" => walk.scalar(&mut message.group_id),
        "text" => {
            let text: &mut Text<'a> = &mut message.text;
            walk.object(&mut |walk, key| match key {
                "body" => walk.scalar(&mut text.body),
                _ => walk.skip(0),
            })
        }
        "image" => once(&mut message.image, walk, &mut written),
        "video" => once(&mut message.video, walk, &mut written),
        "document" => once(&mut message.document, walk, &mut written),
        "audio" => once(&mut message.audio, walk, &mut written),
        "voice" => once(&mut message.voice, walk, &mut written),
        "sticker" => once(&mut message.sticker, walk, &mut written),
        "location" => once(&mut message.location, walk, &mut written),
        "button" => once(&mut message.button, walk, &mut label),
        "interactive" => once(&mut message.interactive, walk, &mut interactive),
        "to" | "to_user_id" | "order" | "reaction" | "system" | "unsupported" | "edit" => None,
        _ => walk.skip(0),
    })?;
    Some(message)
}

fn written<'a>(walk: &mut Walk<'a>) -> Option<Written<'a>> {
    let mut written = Written::default();
    walk.object(&mut |walk, key| match key {
        "caption" => walk.scalar(&mut written.caption),
        "name" => walk.scalar(&mut written.name),
        "id" => walk.scalar(&mut written.id),
        "url" => walk.scalar(&mut written.url),
        // Numbers with a fraction are written anew by serde.
        "latitude" | "longitude" => None,
        _ => walk.skip(0),
    })?;
    Some(written)
}

fn label<'a>(walk: &mut Walk<'a>) -> Option<Label<'a>> {
    let mut label = Label::default();
    walk.object(&mut |walk, key| match key {
        "text" => walk.scalar(&mut label.text),
        _ => walk.skip(0),
    })?;
    Some(label)
}

fn interactive<'a>(walk: &mut Walk<'a>) -> Option<Interactive<'a>> {
    let mut interactive = Interactive::default();
    walk.object(&mut |walk, key| {
        let choice = match key {
            "button_reply" => &mut interactive.button_reply,
            "list_reply" => &mut interactive.list_reply,
            "nfm_reply" => &mut interactive.nfm_reply,
            _ => return walk.skip(0),
        };
        if choice.is_some() {
            return None;
        }
        let mut chosen = Choice::default();
        walk.object(&mut |walk, key| match key {
            "title" => walk.scalar(&mut chosen.title),
            "body" => walk.scalar(&mut chosen.body),
            "id" => walk.scalar(&mut chosen.id),
            _ => walk.skip(0),
        })?;
        *choice = Some(chosen);
        Some(())
    })?;
    Some(interactive)
}

fn status<'a>(walk: &mut Walk<'a>) -> Option<Status<'a>> {
    let mut status = Status::default();
    walk.object(&mut |walk, key| match key {
        "id" => walk.scalar(&mut status.id),
        "type" => walk.scalar(&mut status.kind),
        "status" => walk.scalar(&mut status.status),
        "timestamp" => walk.scalar(&mut status.timestamp),
        "recipient_id" => walk.scalar(&mut status.recipient_id),
        "recipient_user_id" => walk.scalar(&mut status.recipient_user_id),
        "recipient_type" => walk.scalar(&mut status.recipient_type),
        "recipient_participant_id" => walk.scalar(&mut status.recipient_participant_id),
        "recipient_participant_user_id" => walk.scalar(&mut status.recipient_participant_user_id),
        "pricing" => {
            let pricing: &mut Pricing<'a> = &mut status.pricing;
            walk.object(&mut |walk, key| match key {
                "category" => walk.scalar(&mut pricing.category),
                _ => walk.skip(0),
            })
        }
        "errors" => walk.list(&mut status.errors, &mut error),
        _ => walk.skip(0),
    })?;
    Some(status)
}

fn error<'a>(walk: &mut Walk<'a>) -> Option<ErrorCode<'a>> {
    let mut error = ErrorCode::default();
    walk.object(&mut |walk, key| match key {
        "code" => walk.scalar(&mut error.code),
        _ => walk.skip(0),
    })?;
    Some(error)
}

/// An object that may stand there once.
fn once<'a, T>(
    into: &mut Option<Box<T>>,
    walk: &mut Walk<'a>,
    read: &mut dyn FnMut(&mut Walk<'a>) -> Option<T>,
) -> Option<()> {
    if into.is_some() {
        return None;
    }
    *into = Some(Box::new(read(walk)?));
    Some(())
}

/// A walk over JSON text.
struct Walk<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

/// Values inside values are followed so far.
const DEEP: u8 = 32;

impl<'a> Walk<'a> {
    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn next(&mut self, wanted: u8) -> Option<()> {
        self.blanks();
        let found = self.bytes.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found.then_some(())
    }

    /// The inside of a string that holds nothing to be unescaped.
    fn plain(&mut self) -> Option<&'a str> {
        self.next(b'"')?;
        let from = self.at;
        let length = plain_length(&self.bytes[from..]);
        self.at = from + length;
        (self.bytes.get(self.at) == Some(&b'"')).then_some(())?;
        self.at += 1;
        self.text.get(from..from + length)
    }

    /// An object: `each` is called behind every name and its colon.
    fn object(&mut self, each: &mut impl FnMut(&mut Walk<'a>, &str) -> Option<()>) -> Option<()> {
        self.next(b'{')?;
        if self.next(b'}').is_some() {
            return Some(());
        }
        loop {
            let key = self.plain()?;
            self.next(b':')?;
            each(self, key)?;
            if self.next(b',').is_none() {
                return self.next(b'}');
            }
        }
    }

    fn list<T>(
        &mut self,
        into: &mut Vec<T>,
        each: &mut impl FnMut(&mut Walk<'a>) -> Option<T>,
    ) -> Option<()> {
        self.next(b'[')?;
        // A member that stands there twice is an error, which is not told here.
        if !into.is_empty() {
            return None;
        }
        if self.next(b']').is_some() {
            return Some(());
        }
        loop {
            into.push(each(self)?);
            if self.next(b',').is_none() {
                return self.next(b']');
            }
        }
    }

    /// A string or a whole number.
    fn scalar(&mut self, into: &mut Scalar<'a>) -> Option<()> {
        if !into.0.is_empty() {
            return None;
        }
        self.blanks();
        let from = self.at;
        match self.bytes.get(from)? {
            b'"' => match self.plain() {
                Some(text) => into.0 = Cow::Borrowed(text),
                None => {
                    self.at = from;
                    self.string()?;
                    into.0 = Cow::Owned(serde_json::from_str(&self.text[from..self.at]).ok()?);
                }
            },
            b'1'..=b'9' => {
                self.digits()?;
                let behind = self.bytes.get(self.at);
                if self.at - from > 18 || !matches!(behind, Some(b',' | b'}' | b']' | b' ')) {
                    return None;
                }
                into.0 = Cow::Borrowed(&self.text[from..self.at]);
            }
            _ => return None,
        }
        Some(())
    }

    /// Goes behind a string; what is escaped in it is not looked at.
    fn string(&mut self) -> Option<()> {
        self.next(b'"')?;
        loop {
            self.at += plain_length(&self.bytes[self.at..]);
            match self.bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => {
                    // `\u` is left to serde, which looks at the digits.
                    matches!(
                        self.bytes.get(self.at + 1)?,
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'
                    )
                    .then_some(())?;
                    self.at += 2;
                }
                _ => return None,
            }
        }
    }

    /// Goes behind a value that nobody asks for.
    fn skip(&mut self, depth: u8) -> Option<()> {
        self.blanks();
        match self.bytes.get(self.at)? {
            b'"' => self.string(),
            b'{' if depth < DEEP => self.object(&mut |walk, _| walk.skip(depth + 1)),
            b'[' if depth < DEEP => {
                self.at += 1;
                if self.next(b']').is_some() {
                    return Some(());
                }
                loop {
                    self.skip(depth + 1)?;
                    if self.next(b',').is_none() {
                        return self.next(b']');
                    }
                }
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    /// Goes behind a number.
    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.bytes.get(self.at) == Some(&b'-'));
        match self.bytes.get(self.at)? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        // Powers of ten are rare, and left to serde; so is a zero in front.
        (!matches!(self.bytes.get(self.at)?, b'e' | b'E' | b'0'..=b'9')).then_some(())
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(())
    }
}

/// So many bytes are neither a quote, nor a backslash, nor a control character. Eight at a time are looked
/// at in one number: a byte of `odd` has its highest bit set if it is one of these, and perhaps those behind
/// the first such byte.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (n, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let odd = zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\'))) | control;
        if odd != 0 {
            return n * 8 + (odd.trailing_zeros() / 8) as usize;
        }
    }
    let odd = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
    bytes.len() - rest.len() + rest.iter().position(odd).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(text: &str) {
        if let Some(quick) = post(text) {
            let long: Post<'_> = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert_eq!(format!("{quick:?}"), format!("{long:?}"), "{text}");
        }
    }

    const BODY: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","time":17,"changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"1","x":[1,null,true,{"y":"\n"}]},"contacts":[{"profile":{"name":"A \"B\" é"},"wa_id":"55"}],"messages":[{"from":"55","id":"w","timestamp":1772458200,"type":"text","text":{"body":"a\nb"},"interactive":{"type":"list_reply","list_reply":{"id":"1","title":"t"}},"image":{"id":"5","caption":"c"}}],"statuses":[{"id":"s","status":"sent","timestamp":"1772458200","recipient_id":"55","pricing":{"billable":false,"category":"service"},"errors":[{"code":131047}]}]}}]}]}"#;

    #[test]
    fn the_plain_forms_go_the_short_way() {
        assert!(post(BODY).is_some());
        agrees(BODY);
        agrees(&BODY.replace(':', " : ").replace(',', " , "));
    }

    #[test]
    fn what_is_plain_in_a_string() {
        for length in 0..40 {
            for at in 0..length {
                for odd in [b'"', b'\\', 0, 0x1f] {
                    let mut bytes = "aé\u{7f}z".repeat(20).into_bytes();
                    bytes.truncate(length);
                    assert_eq!(plain_length(&bytes), length);
                    bytes[at] = odd;
                    assert_eq!(plain_length(&bytes), at);
                }
            }
        }
    }

    proptest! {
        /// Whatever is done to a body: what the short way reads, the long way reads alike.
        #[test]
        fn the_short_way_reads_nothing_else(
            damage in prop::collection::vec((0..700_usize, 0..3_usize, "[ -~\n\\\\\"é{}\\[\\],:0-9]{0,3}"), 0..4),
        ) {
            let mut text = BODY.to_owned();
            for (at, length, with) in damage {
                let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
                let (from, to) = (floor(at), floor(at + length));
                text.replace_range(from..to, &with);
            }
            agrees(&text);
        }
    }
}
