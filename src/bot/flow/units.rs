//! Durations, shares and near names as they are written in flow files.

/// A duration in milliseconds: `90s`, `5m`, `1h 30m`, `250ms`.
pub(super) fn duration_ms(text: &str) -> Result<f64, String> {
    let expected = || format!("`{text}` is not a duration; write `90s`, `5m` or `1h 30m`");
    let mut total = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(expected());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| expected())?;
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let size = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return Err(expected()),
        };
        total += number * size;
        rest = tail.trim_start();
    }
    Ok(total)
}

/// A share: `1%` or `0.01`.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let expected = || format!("`{text}` is not a share; write `1%` or `0.01`");
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 0.01),
        None => (text.trim(), 1.0),
    };
    let value = number.parse::<f64>().map_err(|_| expected())? * scale;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(expected()) }
}

/// The candidate nearest to what was written, if one is near.
pub(super) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(written, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 3 && distance * 2 < candidate.len().max(2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
