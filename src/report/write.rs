//! The report's folder: written beside its place, then renamed into it. A full disk, a closed pipe or
//! an interruption leaves the old report or the new one, never half of one.

use super::html::{View, html_and_charts};
use super::{ReportError, json, junit, markdown};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes the whole report to `folder`, replacing a report that stands there.
///
/// `more` writes what this room knows nothing of (the Parquet tables) into the folder it is given,
/// before the report is put in its place. Nothing is replaced that does not look like a report: a
/// folder without a `manifest.json`, unless it is empty, is an error.
pub fn write(
    folder: &Path,
    view: &View<'_>,
    more: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<(), ReportError> {
    refuse_strangers(folder)?;
    let parent = parent_of(folder);
    fs::create_dir_all(&parent).map_err(at(&parent))?;
    // On the same file system as its place, so that renaming is one step. Dropped, it is removed.
    let beside =
        tempfile::Builder::new().prefix(".helpsim-report-").tempdir_in(&parent).map_err(at(&parent))?;

    let (page, charts) = html_and_charts(view)?;
    put(beside.path(), "report.html", &page)?;
    put(beside.path(), "summary.json", &json(view.summary)?)?;
    put(beside.path(), "summary.md", &markdown(view.summary))?;
    put(beside.path(), "junit.xml", &junit(view.summary, &[], false)?)?;
    let charts_folder = beside.path().join("charts");
    fs::create_dir(&charts_folder).map_err(at(&charts_folder))?;
    for (name, svg) in &charts {
        put(&charts_folder, &format!("{name}.svg"), svg)?;
    }
    more(beside.path()).map_err(at(beside.path()))?;
    // Last, since a folder with a manifest is a whole report.
    put(beside.path(), "manifest.json", &view.manifest.json()?)?;
    readable_by_others(beside.path())?;
    swap(beside, folder)
}

/// Whether what stands at `folder` may be replaced.
fn refuse_strangers(folder: &Path) -> Result<(), ReportError> {
    let metadata = match fs::symlink_metadata(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at(folder))?,
    };
    let refuse =
        |why: &str| Err(at(folder)(std::io::Error::new(std::io::ErrorKind::AlreadyExists, why.to_owned())));
    if !metadata.is_dir() {
        return refuse("is there already and is not a folder; name another with --out");
    }
    let empty = fs::read_dir(folder).map_err(at(folder))?.next().is_none();
    if empty || folder.join("manifest.json").is_file() {
        Ok(())
    } else {
        refuse("holds files but no report, so it is not replaced; name another with --out")
    }
}

/// Puts the new folder in the old one's place.
fn swap(beside: tempfile::TempDir, folder: &Path) -> Result<(), ReportError> {
    if !folder.exists() {
        fs::rename(beside.path(), folder).map_err(at(folder))?;
        // Its name is gone; nothing is left to remove.
        let _gone: PathBuf = beside.keep();
        return Ok(());
    }
    if exchange(beside.path(), folder) {
        // What stands beside is now the old report.
        return beside.close().map_err(at(folder));
    }
    // Two renames: between them the old report stands under a name of its own, and it comes back if
    // the second fails.
    let parent = parent_of(folder);
    let old = tempfile::Builder::new().prefix(".helpsim-old-").tempdir_in(&parent).map_err(at(&parent))?;
    let aside = old.path().join("report");
    fs::rename(folder, &aside).map_err(at(folder))?;
    if let Err(e) = fs::rename(beside.path(), folder) {
        fs::rename(&aside, folder).map_err(at(folder))?;
        return Err(at(folder)(e));
    }
    let _gone: PathBuf = beside.keep();
    old.close().map_err(at(&parent))
}

/// Lets two folders change places in one step, where the system can.
#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}

fn parent_of(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A file, on the disk before anything is renamed.
fn put(folder: &Path, name: &str, text: &str) -> Result<(), ReportError> {
    let path = folder.join(name);
    let written = File::create(&path).and_then(|mut f| {
        f.write_all(text.as_bytes())?;
        f.sync_all()
    });
    written.map_err(at(&path))
}

/// A temporary folder is for its owner alone; a report is as readable as any other new folder.
#[cfg(unix)]
fn readable_by_others(folder: &Path) -> Result<(), ReportError> {
    use std::os::unix::fs::PermissionsExt;
    // `charts` was made with the user's own mask.
    let mode = fs::metadata(folder.join("charts")).map_err(at(folder))?.permissions().mode();
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).map_err(at(folder))
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> Result<(), ReportError> {
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ReportError {
    let path = path.display().to_string();
    move |source| ReportError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::manifest::Manifest;
    use crate::report::sample;
    use std::io;

    /// Writes the sample report.
    fn write_sample(folder: &Path, more: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), ReportError> {
        let (summary, pictures, plan) = (sample::summary(), sample::pictures(), sample::plan());
        let manifest = Manifest::new(&plan, summary.replications);
        write(
            folder,
            &View { summary: &summary, pictures: &pictures, plan: &plan, manifest: &manifest },
            more,
        )
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    const FILES: [&str; 7] =
        ["charts", "junit.xml", "manifest.json", "report.html", "summary.json", "summary.md", "x.parquet"];

    #[test]
    fn the_folder_is_complete_and_a_second_run_replaces_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("deep/er/report");
        let more = |path: &Path| fs::write(path.join("x.parquet"), "1");
        write_sample(&folder, more).unwrap();
        assert_eq!(names(&folder), FILES);
        fs::write(folder.join("stale.txt"), "old").unwrap();
        write_sample(&folder, more).unwrap();
        assert_eq!(names(&folder), FILES);
        assert!(names(&folder.join("charts")).contains(&"queue.svg".to_owned()));
        // Nothing is left beside it.
        assert_eq!(names(folder.parent().unwrap()), ["report"]);
        // To look at the page in a browser: HELPSIM_SAMPLE_REPORT=/tmp/sample cargo test the_folder
        if let Some(path) = std::env::var_os("HELPSIM_SAMPLE_REPORT") {
            write_sample(Path::new(&path), more).unwrap();
        }
    }

    #[test]
    fn a_failure_leaves_the_old_report_and_no_litter() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("report");
        write_sample(&folder, |_| Ok(())).unwrap();
        fs::write(folder.join("report.html"), "the old one").unwrap();
        let full = |_: &Path| Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        let error = write_sample(&folder, full).unwrap_err();
        assert!(error.to_string().contains("no space left"), "{error}");
        assert_eq!(fs::read_to_string(folder.join("report.html")).unwrap(), "the old one");
        assert_eq!(names(root.path()), ["report"]);
    }

    #[test]
    fn what_is_no_report_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let thesis = root.path().join("thesis");
        fs::create_dir(&thesis).unwrap();
        write_sample(&thesis, |_| Ok(())).unwrap();
        fs::remove_file(thesis.join("manifest.json")).unwrap();
        fs::write(thesis.join("chapter-1.txt"), "years of work").unwrap();
        assert!(matches!(write_sample(&thesis, |_| Ok(())), Err(ReportError::Io { .. })));
        assert!(thesis.join("chapter-1.txt").is_file());
        let file = root.path().join("file");
        fs::write(&file, "a file").unwrap();
        assert!(write_sample(&file, |_| Ok(())).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "a file");
    }
}
