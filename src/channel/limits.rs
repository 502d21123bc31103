//! What fits into one WhatsApp message. Lengths count characters, not bytes.
//!
//! Source: WhatsApp Business Platform documentation, interactive messages and templates.

use std::fmt;

/// A limit of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Characters of a text message.
    Text,
    /// Characters above reply buttons.
    ButtonsBody,
    /// Reply buttons of a message.
    Buttons,
    /// Characters on a reply button.
    ButtonTitle,
    /// Two reply buttons must not read the same.
    ButtonsDistinct,
    /// Rows of a list, all sections together.
    ListRows,
    /// Characters of a list row's title.
    RowTitle,
    /// Characters of a list row's description.
    RowDescription,
}

impl Limit {
    /// The most that is allowed.
    pub const fn most(self) -> usize {
        match self {
            Limit::Text => 4096,
            Limit::ButtonsBody => 1024,
            Limit::Buttons => 3,
            Limit::ButtonTitle => 20,
            Limit::ButtonsDistinct => 1,
            Limit::ListRows => 10,
            Limit::RowTitle => 24,
            Limit::RowDescription => 72,
        }
    }

    fn of_what(self) -> &'static str {
        match self {
            Limit::Text => "characters of a text message",
            Limit::ButtonsBody => "characters above reply buttons",
            Limit::Buttons => "reply buttons of a message",
            Limit::ButtonTitle => "characters on a reply button",
            Limit::ButtonsDistinct => "reply buttons with the same title",
            Limit::ListRows => "rows of a list",
            Limit::RowTitle => "characters of a list row's title",
            Limit::RowDescription => "characters of a list row's description",
        }
    }
}

/// A limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch {
    /// Which limit.
    pub limit: Limit,
    /// What there is.
    pub found: usize,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} found, WhatsApp allows {}", self.limit.of_what(), self.found, self.limit.most())
    }
}

impl std::error::Error for TooMuch {}

fn at_most(limit: Limit, found: usize) -> Result<(), TooMuch> {
    if found <= limit.most() { Ok(()) } else { Err(TooMuch { limit, found }) }
}

/// A text message.
pub fn check_text(text: &str) -> Result<(), TooMuch> {
    at_most(Limit::Text, text.chars().count())
}

/// A message with reply buttons.
pub fn check_buttons<T: AsRef<str>>(body: &str, titles: &[T]) -> Result<(), TooMuch> {
    at_most(Limit::ButtonsBody, body.chars().count())?;
    at_most(Limit::Buttons, titles.len())?;
    for (i, title) in titles.iter().enumerate() {
        at_most(Limit::ButtonTitle, title.as_ref().chars().count())?;
        let same = titles[..=i].iter().filter(|t| t.as_ref() == title.as_ref()).count();
        at_most(Limit::ButtonsDistinct, same)?;
    }
    Ok(())
}

/// A message with a list of (title, description) rows.
pub fn check_list<T: AsRef<str>>(body: &str, rows: &[(T, T)]) -> Result<(), TooMuch> {
    check_text(body)?;
    at_most(Limit::ListRows, rows.len())?;
    for (title, description) in rows {
        at_most(Limit::RowTitle, title.as_ref().chars().count())?;
        at_most(Limit::RowDescription, description.as_ref().chars().count())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_count_characters() {
        assert_eq!(check_text(&"ñ".repeat(4096)), Ok(()));
        let error = check_text(&"a".repeat(4097)).unwrap_err();
        assert_eq!(error, TooMuch { limit: Limit::Text, found: 4097 });
        assert_eq!(error.to_string(), "characters of a text message: 4097 found, WhatsApp allows 4096");
    }

    #[test]
    fn buttons() {
        let long = "x".repeat(21);
        let cases: [(&[&str], Option<Limit>); 4] = [
            (&["Yes", "No", "A person"], None),
            (&["1", "2", "3", "4"], Some(Limit::Buttons)),
            (&["Yes", &long], Some(Limit::ButtonTitle)),
            (&["Yes", "Yes"], Some(Limit::ButtonsDistinct)),
        ];
        for (titles, limit) in cases {
            assert_eq!(check_buttons("Sure?", titles).err().map(|e| e.limit), limit, "{titles:?}");
        }
        assert_eq!(check_buttons(&"a".repeat(1025), &["Yes"]).unwrap_err().limit, Limit::ButtonsBody);
    }

    #[test]
    fn lists() {
        let row = ("Order", "Where it is");
        assert_eq!(check_list("Choose", &[row; 10]), Ok(()));
        assert_eq!(check_list("Choose", &[row; 11]).unwrap_err().limit, Limit::ListRows);
        let (title, description) = ("t".repeat(25), "d".repeat(73));
        assert_eq!(check_list("Choose", &[(title.as_str(), "")]).unwrap_err().limit, Limit::RowTitle);
        let bad = [("", description.as_str())];
        assert_eq!(check_list("Choose", &bad).unwrap_err().limit, Limit::RowDescription);
    }
}
