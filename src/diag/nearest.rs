//! The nearest right name for a wrong one.

/// How far a name may be from what was written and still be offered: the distance cargo uses.
const DISTANCE_MAX: usize = 3;

/// The candidate nearest to `written`, if one is near enough to be what was meant. Case does not
/// count. A short name must also share most of its letters: `to` is not offered for `at`.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let length = written.chars().count();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&written, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= DISTANCE_MAX && *distance * 2 < length.max(candidate.chars().count()).max(2)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn offers_only_what_is_near() {
        let names = ["concurrency", "shrinkage", "shifts", "skills", "to", "level"];
        for (written, expected) in [
            ("concurency", Some("concurrency")),
            ("Shrinkage", Some("shrinkage")),
            ("skill", Some("skills")),
            ("lvel", Some("level")),
            ("at", None),
            ("head_count", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, names), expected, "{written}");
        }
    }
}
