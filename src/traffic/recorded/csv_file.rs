//! Tables in CSV: any delimiter, quoted cells over several lines, in bounded memory. A quote that is
//! never closed costs its own line, not the rest of the file.

use std::collections::VecDeque;
use std::io::Read;

use super::Limits;
use super::encoding;
use super::input::Input;
use super::intake::Intake;
use super::lines::Lines;
use super::report::ImportError;
use super::script::trim_marks;

/// So many bytes are looked at to guess the encoding.
const GUESSED_BYTES: u64 = 1 << 20;

/// The longest row, in bytes, if the limit for elements is not lower.
const ROW_BYTES: usize = 4 << 20;

/// A table with its header.
#[derive(Debug)]
pub struct Table {
    header: Vec<String>,
    delimiter: u8,
    windows_1252: bool,
    limit: usize,
    header_rows: usize,
    /// A first line that names the delimiter alone.
    separator_line: bool,
}

/// One row.
#[derive(Debug, Default)]
pub struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// The cell of a column, "" beyond the last.
    pub fn get(&self, column: usize) -> &str {
        let from =
            if column == 0 { 0 } else { self.ends.get(column - 1).copied().unwrap_or(self.text.len()) };
        let to = self.ends.get(column).copied().unwrap_or(self.text.len());
        &self.text[from..to]
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Parses a record; `None` if a quote is still open at its end. Bytes that are not UTF-8 are read as
    /// Windows-1252, or become replacement characters.
    fn parse(record: &[u8], delimiter: u8, windows_1252: bool) -> Option<Row> {
        let mut cells = Vec::with_capacity(record.len());
        let mut ends = Vec::new();
        let mut rest = record;
        loop {
            if let Some(mut quoted) = rest.strip_prefix(b"\"") {
                loop {
                    let at = memchr::memchr(b'"', quoted)?;
                    cells.extend_from_slice(&quoted[..at]);
                    quoted = &quoted[at + 1..];
                    match quoted.strip_prefix(b"\"") {
                        Some(more) => {
                            cells.push(b'"');
                            quoted = more;
                        }
                        None => break,
                    }
                }
                rest = quoted;
            }
            let at = memchr::memchr(delimiter, rest);
            cells.extend_from_slice(&rest[..at.unwrap_or(rest.len())]);
            ends.push(cells.len());
            match at {
                Some(at) => rest = &rest[at + 1..],
                None => break,
            }
        }
        // The end of one cell and the beginning of the next may look like one character.
        let whole = |text: &String| ends.iter().all(|end| text.is_char_boundary(*end));
        let read = String::from_utf8(cells).map_err(|bad| bad.into_bytes());
        match read.and_then(|text| if whole(&text) { Ok(text) } else { Err(text.into_bytes()) }) {
            Ok(text) => Some(Row { text, ends }),
            Err(bytes) => {
                let mut text = String::new();
                let mut from = 0;
                for end in &mut ends {
                    match windows_1252 {
                        true => encoding::from_windows_1252(&bytes[from..*end], &mut text),
                        false => text.push_str(&String::from_utf8_lossy(&bytes[from..*end])),
                    }
                    from = *end;
                    *end = text.len();
                }
                Some(Row { text, ends })
            }
        }
    }
}

impl Table {
    /// Reads the header. The delimiter is the one of comma, semicolon, tab and bar that the header has most.
    pub fn open(input: &Input, limits: Limits) -> Result<Table, ImportError> {
        let unusable = |what: &str| ImportError::Unusable { file: input.name.clone(), what: what.to_owned() };
        let head = input.head()?;
        let (header, delimiter) = header(&head).ok_or_else(|| unusable("the table has no header row"))?;
        let separator_line = separator_line(&head).1.is_some();
        let mut beginning = Vec::new();
        input.open()?.take(GUESSED_BYTES).read_to_end(&mut beginning).map_err(|e| input.failed(e))?;
        let windows_1252 = encoding::is_windows_1252(&beginning);
        let limit = limits.element_bytes.min(ROW_BYTES);
        Ok(Table { header, delimiter, windows_1252, limit, header_rows: 1, separator_line })
    }

    /// As a table whose header takes so many rows, of which the last has the names.
    pub fn with_header_rows(mut self, input: &Input, rows: usize) -> Result<Table, ImportError> {
        let head = input.head()?;
        let (head, _) = separator_line(&head);
        let line = head.split(|b| *b == b'\n').nth(rows.saturating_sub(1)).unwrap_or(b"").trim_ascii_end();
        self.header = names(&Row::parse(line, self.delimiter, self.windows_1252).unwrap_or_default());
        self.header_rows = rows;
        Ok(self)
    }

    /// The names in the header.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Position of a column, by name without regard to case.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h.eq_ignore_ascii_case(name))
    }

    /// As many cells as the header has names; delimiters at the end of rows are a common slip.
    fn fits(&self, row: &Row) -> bool {
        let names = self.header.len();
        row.len() == names || (row.len() > names && (names..row.len()).all(|c| row.get(c).trim().is_empty()))
    }

    /// Gives every row to `each`, which owes it a verdict. Header rows are notices.
    pub fn rows(
        &self,
        input: &Input,
        intake: &mut Intake<'_>,
        each: &mut dyn FnMut(&Row, u64, &mut Intake<'_>),
    ) -> Result<(), ImportError> {
        intake.begin(input);
        let mut lines = Lines::new(input.open()?, self.limit);
        // Lines that were read on after an open quote that never closed, to be read again by themselves.
        let mut again: VecDeque<(u64, Vec<u8>)> = VecDeque::new();
        let mut headers_left = self.header_rows + usize::from(self.separator_line);
        loop {
            let (number, mut record) = match again.pop_front() {
                Some(line) => line,
                None => match lines.next_line().map_err(|e| input.failed(e))? {
                    None => return Ok(()),
                    Some(line) => {
                        intake.report.lines += 1;
                        intake.advance(line.bytes.len() as u64 + 1);
                        if line.too_long {
                            intake.element();
                            intake.quarantine(line.number, "line too long", line.bytes);
                            continue;
                        }
                        (line.number, line.bytes.to_vec())
                    }
                },
            };
            if record.trim_ascii().is_empty() {
                continue;
            }
            intake.element();
            if headers_left > 0 {
                headers_left -= 1;
                intake.notice();
                continue;
            }
            let mut taken: Vec<(u64, Vec<u8>)> = Vec::new();
            let row = loop {
                if let Some(row) = Row::parse(&record, self.delimiter, self.windows_1252) {
                    break Some(row);
                }
                let more = match again.pop_front() {
                    Some(line) => Some(line),
                    None => lines.next_line().map_err(|e| input.failed(e))?.and_then(|line| {
                        intake.report.lines += 1;
                        intake.advance(line.bytes.len() as u64 + 1);
                        if line.too_long {
                            intake.element();
                            intake.quarantine(line.number, "line too long", line.bytes);
                            return None;
                        }
                        Some((line.number, line.bytes.to_vec()))
                    }),
                };
                let Some((number, bytes)) = more else { break None };
                record.push(b'\n');
                record.extend_from_slice(&bytes);
                taken.push((number, bytes));
                if record.len() > self.limit {
                    break None;
                }
            };
            match row {
                Some(row) if self.fits(&row) => {
                    intake.report.continuation_lines += taken.len() as u64;
                    each(&row, number, intake);
                }
                Some(row) => {
                    intake.report.continuation_lines += taken.len() as u64;
                    let reason = format!("{} cells where the header has {}", row.len(), self.header.len());
                    intake.quarantine(number, reason, &record);
                }
                None => {
                    intake.quarantine(number, "a quote is opened and not closed", &record);
                    for line in taken.into_iter().rev() {
                        again.push_front(line);
                    }
                }
            }
        }
    }
}

/// What is behind a first line that only names the delimiter (`sep=;`, for spreadsheets), and that; all
/// without the mark at the beginning.
fn separator_line(head: &[u8]) -> (&[u8], Option<u8>) {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let end = memchr::memchr(b'\n', head).unwrap_or(head.len());
    let first = head[..end].trim_ascii_end();
    let first = first.strip_prefix(b"\"").and_then(|f| f.strip_suffix(b"\"")).unwrap_or(first);
    match (
        first.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"sep=")),
        &first[4.min(first.len())..],
    ) {
        (true, [delimiter]) if delimiter.is_ascii() => {
            (head.get(end + 1..).unwrap_or_default(), Some(*delimiter))
        }
        // A tab that names itself went with the blanks at the end.
        (true, []) => (head.get(end + 1..).unwrap_or_default(), Some(b'\t')),
        _ => (head, None),
    }
}

/// The header row of a text and its delimiter.
pub fn header(head: &[u8]) -> Option<(Vec<String>, u8)> {
    let (head, told) = separator_line(head);
    let line = head.split(|b| *b == b'\n').next()?.trim_ascii_end();
    // The first of those that are equally frequent wins.
    let count = |delimiter: u8| line.iter().filter(|b| **b == delimiter).count();
    let delimiter = told.or_else(|| [b'|', b'\t', b';', b','].into_iter().max_by_key(|d| count(*d)))?;
    let names = names(&Row::parse(line, delimiter, encoding::is_windows_1252(head))?);
    names.iter().any(|n| !n.is_empty()).then_some((names, delimiter))
}

fn names(row: &Row) -> Vec<String> {
    (0..row.len()).map(|i| trim_marks(row.get(i)).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> (Vec<Vec<String>>, super::super::ImportReport) {
        let options = Options::default();
        let (mut ignore, mut silent) = (|_: &super::super::Quarantined| {}, |_| {});
        let mut intake = Intake::new(&options, &mut ignore, &mut silent);
        let input = Input::memory("x.csv", text);
        let mut rows = Vec::new();
        if let Ok(table) = Table::open(&input, options.limits) {
            table
                .rows(&input, &mut intake, &mut |row, _, intake| {
                    intake.keep();
                    rows.push((0..row.len()).map(|i| row.get(i).to_owned()).collect());
                })
                .unwrap();
        }
        (rows, intake.report)
    }

    #[test]
    fn quotes_and_line_breaks() {
        let (rows, report) = read(b"a;b\n1;\"x;\"\"y\"\"\nz\"\r\n\n\"\";\n");
        assert_eq!(rows, [vec!["1", "x;\"y\"\nz"], vec!["", ""]]);
        assert_eq!(read(b"Name;Ort\nM\xfcller;K\xf6ln\nAna;Bonn\n").0[0], ["Müller", "Köln"]);
        // What lies on either side of a delimiter is no character, though it would be one without it.
        assert_eq!(read(b"a;b\nx\xc3;\xa9y\n").0[0], ["xÃ", "©y"]);
        let utf_16: Vec<u8> = "\u{feff}a;b\r\né;2\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&utf_16).0, [["é", "2"]]);
        assert_eq!(read(b"a,b\n1,2,\n").0.len(), 1, "a delimiter too many at the end");
        for told in ["sep=;\r\na,x;b\r\n1;2\r\n", "\u{feff}SEP=;\na,x;b\n1;2\n", "\"sep=;\"\na,x;b\n1;2\n"] {
            let (rows, report) = read(told.as_bytes());
            assert_eq!((rows, report.read, report.notices), (vec![vec!["1".to_owned(), "2".into()]], 3, 2));
        }
        assert_eq!(read(b"sep=\t\na\tb,c\n1\t2\n").0, [["1", "2"]]);
        assert_eq!((report.read, report.kept, report.notices), (3, 2, 1));
    }

    #[test]
    fn an_open_quote_costs_its_line_only() {
        let (rows, report) = read(b"a,b\n1,\"2\n3,4\n5,6\n7\n");
        assert_eq!(rows, [vec!["3", "4"], vec!["5", "6"]]);
        assert_eq!(report.quarantined, 2);
        assert!(report.balanced());
    }

    proptest! {
        #[test]
        fn any_bytes(text in prop::collection::vec(prop::sample::select(b"a,;\"\n\r\xff\xc3\xa9 ".to_vec()), 0..200)) {
            let (_, report) = read(&text);
            prop_assert!(report.balanced());
        }

        #[test]
        fn what_the_csv_crate_writes(rows in prop::collection::vec(("[ -~é\n]{0,8}", "[ -~\"\n,]{0,8}"), 1..10)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["a", "b"]).unwrap();
            let expected: Vec<Vec<String>> = rows.iter().map(|(a, b)| vec![format!("x{a}"), b.clone()]).collect();
            for row in &expected {
                writer.write_record(row).unwrap();
            }
            let (found, _) = read(&writer.into_inner().unwrap());
            prop_assert_eq!(found, expected);
        }
    }
}
