//! Tables from files: CSV with a header row, or Parquet. Every value is text.

use super::{MAX_ROWS, Row};
use std::path::Path;

/// A file's columns and rows.
pub(super) struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// Reads a table by what its name ends with.
pub(super) fn read(path: &Path) -> Result<Rows, String> {
    match path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) {
        true => parquet(path),
        false => csv(path),
    }
}

fn csv(path: &Path) -> Result<Rows, String> {
    let shown = path.display();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(false)
        .from_path(path)
        .map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let header = reader.headers().map_err(|error| format!("cannot read the header of `{shown}`: {error}"))?;
    let columns = header.iter().map(|c| c.trim().trim_start_matches('\u{feff}').to_owned()).collect();
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("`{shown}`: {error}"))?;
        if rows.len() == MAX_ROWS {
            return Err(format!("`{shown}` has more than {MAX_ROWS} rows"));
        }
        rows.push(record.iter().map(|cell| cell.trim().to_owned()).collect());
    }
    Ok(Rows { columns, rows })
}

#[cfg(not(feature = "frames"))]
fn parquet(path: &Path) -> Result<Rows, String> {
    Err(format!("`{}` is Parquet, and this program was built without the feature `frames`", path.display()))
}

#[cfg(feature = "frames")]
fn parquet(path: &Path) -> Result<Rows, String> {
    use polars_core::prelude::*;
    use polars_io::SerReader;
    use polars_io::parquet::read::ParquetReader;
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    // The library's reader may give up on a damaged file by a panic: that is an error here.
    let frame = std::panic::catch_unwind(move || ParquetReader::new(std::io::Cursor::new(bytes)).finish())
        .map_err(|_| format!("`{shown}`: the Parquet file is damaged"))?
        .map_err(|error| format!("`{shown}` is not a Parquet file that can be read: {error}"))?;
    if frame.height() > MAX_ROWS {
        return Err(format!("`{shown}` has more than {MAX_ROWS} rows"));
    }
    let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    let mut columns = Vec::new();
    for name in &names {
        let told = |error: PolarsError| format!("`{shown}`: the column `{name}` has no texts: {error}");
        let column = frame.column(name).and_then(|c| c.cast(&DataType::String)).map_err(told)?;
        columns.push(column.str().map_err(told)?.clone());
    }
    let rows = (0..frame.height())
        .map(|row| columns.iter().map(|c| c.get(row).unwrap_or("").trim().to_owned()).collect())
        .collect();
    Ok(Rows { columns: names, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["x.parquet", "x.csv"] {
            let path = folder.path().join(name);
            assert!(read(&path).is_err_and(|why| why.contains("cannot read") || why.contains("frames")));
            std::fs::write(&path, "PAR1 a,b\n1\n").unwrap();
            assert!(read(&path).is_err_and(|why| why.contains(name)));
        }
    }

    #[cfg(feature = "frames")]
    #[test]
    fn a_parquet_table_is_read_as_text() {
        use polars_core::prelude::*;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.parquet");
        let mut frame =
            df!("number" => ["TS1", "TS2"], "days" => [3i64, 4], "late" => [Some(true), None]).unwrap();
        let file = std::fs::File::create(&path).unwrap();
        polars_io::parquet::write::ParquetWriter::new(file).finish(&mut frame).unwrap();
        let table = read(&path).unwrap();
        assert_eq!(table.columns, ["number", "days", "late"]);
        assert_eq!(
            table.rows.iter().map(|r| r.to_vec()).collect::<Vec<_>>(),
            [["TS1", "3", "true"], ["TS2", "4", ""]]
        );
    }
}
