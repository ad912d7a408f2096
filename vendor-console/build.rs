//! Turns the texts in `locales/` into typed functions; a key that one language lacks fails the build.
#![allow(clippy::print_stdout)] // cargo reads it

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use fluent_typed::{BuildOptions, FtlOutputOptions, LintLevel, build_from_locales_folder};

/// The folders of `locales/`. English decides the types of the arguments.
const LANGUAGES: [&str; 2] = ["en", "ja"];

fn main() -> ExitCode {
    // The headless server says nothing on a screen.
    if env::var_os("CARGO_FEATURE_GUI").is_none() {
        return ExitCode::SUCCESS;
    }
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else { return ExitCode::FAILURE };
    if let Err(problem) = compare_languages(Path::new("locales")) {
        println!("cargo::error={problem}");
        return ExitCode::FAILURE;
    }
    let options = BuildOptions::default()
        .with_output_file_path(&out.join("l10n.rs").to_string_lossy())
        .with_ftl_output(FtlOutputOptions::single_file(&out.join("translations.ftl").to_string_lossy()))
        .with_default_language(LANGUAGES[0])
        .with_lint_level(LintLevel::Strict)
        .without_bidi_isolation()
        .without_format();
    build_from_locales_folder(options)
}

/// fluent-typed only warns about a key that one language lacks; in a console that has both, that is an error.
fn compare_languages(locales: &Path) -> Result<(), String> {
    let first = keys(&locales.join(LANGUAGES[0])).map_err(|error| format!("locales: {error}"))?;
    for language in &LANGUAGES[1..] {
        let other = keys(&locales.join(language)).map_err(|error| format!("locales: {error}"))?;
        let different: Vec<_> = first.symmetric_difference(&other).map(String::as_str).collect();
        if !different.is_empty() {
            return Err(format!("not in both {} and {language}: {}", LANGUAGES[0], different.join(", ")));
        }
    }
    Ok(())
}

/// The messages and attributes of a language, as `message` and `message.attribute`.
fn keys(folder: &Path) -> io::Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let mut message = String::new();
        for line in fs::read_to_string(entry?.path())?.lines() {
            let Some((key, _)) = line.split_once('=') else { continue };
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                message = key.trim_end().to_owned();
                keys.insert(message.clone());
            } else if let Some(attribute) = key.trim().strip_prefix('.') {
                keys.insert(format!("{message}.{}", attribute.trim_end()));
            }
        }
    }
    Ok(keys)
}
