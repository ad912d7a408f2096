//! What a package holds, how much of the machine its program may take, and what it gives to jobs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::OptionKind;
use crate::text::{Text, TextError};

/// How much of the machine a program may take for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "LimitFields", into = "LimitFields")]
pub struct ProgramLimits {
    memory_mib: u16,
    fuel_per_page: u64,
}

#[derive(Serialize, Deserialize)]
struct LimitFields {
    memory_mib: u16,
    fuel_per_page: u64,
}

/// Limits that are none, or more than a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Not 1 to [`ProgramLimits::MEMORY_MIB_MAX`].
    #[error("a program may take 1 to {} MiB of memory", ProgramLimits::MEMORY_MIB_MAX)]
    Memory,
    /// Not 1 to [`ProgramLimits::FUEL_MAX`].
    #[error("a program may use 1 to {} units of work for a page", ProgramLimits::FUEL_MAX)]
    Fuel,
}

impl ProgramLimits {
    /// Most memory, in MiB.
    pub const MEMORY_MIB_MAX: u16 = 1_024;
    /// Most work for a page, in instructions, roughly: some minutes of a fast machine.
    pub const FUEL_MAX: u64 = 1_000_000_000_000;

    /// Memory in MiB of 2^20 bytes; work in WebAssembly instructions, roughly.
    pub const fn new(memory_mib: u16, fuel_per_page: u64) -> Result<Self, LimitsError> {
        if memory_mib == 0 || memory_mib > Self::MEMORY_MIB_MAX {
            return Err(LimitsError::Memory);
        }
        if fuel_per_page == 0 || fuel_per_page > Self::FUEL_MAX {
            return Err(LimitsError::Fuel);
        }
        Ok(Self { memory_mib, fuel_per_page })
    }

    /// Most memory, in MiB of 2^20 bytes: everything that the program sees at a time, the page that it works on included.
    pub const fn memory_mib(self) -> u16 {
        self.memory_mib
    }

    /// Most memory, in bytes.
    pub const fn memory_bytes(self) -> usize {
        self.memory_mib as usize * 1024 * 1024
    }

    /// Most work for a page, in WebAssembly instructions, roughly.
    pub const fn fuel_per_page(self) -> u64 {
        self.fuel_per_page
    }
}

impl TryFrom<LimitFields> for ProgramLimits {
    type Error = LimitsError;
    fn try_from(fields: LimitFields) -> Result<Self, LimitsError> {
        Self::new(fields.memory_mib, fields.fuel_per_page)
    }
}

impl From<ProgramLimits> for LimitFields {
    fn from(limits: ProgramLimits) -> Self {
        Self { memory_mib: limits.memory_mib, fuel_per_page: limits.fuel_per_page }
    }
}

/// What a package holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PackageContent {
    /// A program, and what it may take.
    Program(ProgramLimits),
    /// Faces.
    FontPack,
}

impl PackageContent {
    /// The kind of its option.
    pub const fn kind(self) -> OptionKind {
        match self {
            Self::Program(_) => OptionKind::Program,
            Self::FontPack => OptionKind::FontPack,
        }
    }

    /// What it may take; `None` if it is no program.
    pub const fn limits(self) -> Option<ProgramLimits> {
        match self {
            Self::Program(limits) => Some(limits),
            Self::FontPack => None,
        }
    }

    /// Whether such content can give this: font packs give faces, programs everything else.
    pub fn can_provide(self, features: &FeatureList) -> bool {
        let faces = self.kind() == OptionKind::FontPack;
        features.iter().all(|feature| feature.face_name().is_some() == faces)
    }
}

/// What an option gives to jobs, by name: `text-recognition`, or `face:NAME` for a face. A job that needs something looks for
/// a feature, never for an option.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Text<80>", into = "Text<80>")]
pub struct Feature(Text<80>);

/// Not the name of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// Empty, too long, or more than a line.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Neither lower-case letters, digits and `-`, nor `face:` and a name.
    #[error("a feature is lower-case letters, digits and `-`, or `face:` and the name of a face")]
    Name,
}

const FACE: &str = "face:";

impl Feature {
    /// Reads lines of text.
    pub const TEXT_RECOGNITION: &str = "text-recognition";
    /// Reads bar codes and matrix codes.
    pub const CODE_READING: &str = "code-reading";
    /// Leaves empty pages out.
    pub const BLANK_PAGE_REMOVAL: &str = "blank-page-removal";
    /// Turns pages straight.
    pub const DESKEW: &str = "deskew";
    /// Writes on pages.
    pub const WATERMARK: &str = "watermark";
    /// Removes dirt and shadows.
    pub const CLEAN_UP: &str = "clean-up";
    /// Numbers pages.
    pub const PAGE_NUMBERING: &str = "page-numbering";

    /// The feature of a face.
    pub fn face(name: &str) -> Result<Self, FeatureError> {
        format!("{FACE}{}", name.trim()).parse()
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The face's name, if it is a face.
    pub fn face_name(&self) -> Option<&str> {
        self.as_str().strip_prefix(FACE)
    }
}

impl TryFrom<Text<80>> for Feature {
    type Error = FeatureError;
    fn try_from(text: Text<80>) -> Result<Self, FeatureError> {
        let is_tag = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = match text.as_str().strip_prefix(FACE) {
            Some(name) => !name.is_empty() && name == name.trim(),
            None => text.as_str().chars().all(is_tag),
        };
        if fits { Ok(Self(text)) } else { Err(FeatureError::Name) }
    }
}

impl From<Feature> for Text<80> {
    fn from(feature: Feature) -> Self {
        feature.0
    }
}

impl FromStr for Feature {
    type Err = FeatureError;
    fn from_str(text: &str) -> Result<Self, FeatureError> {
        Text::new(text)?.try_into()
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What an option gives to jobs: at most [`FeatureList::MAX`], none twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Feature>", into = "Vec<Feature>")]
pub struct FeatureList(Vec<Feature>);

/// Too many features, or one twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an option gives at most {} different features", FeatureList::MAX)]
pub struct FeatureListError;

impl FeatureList {
    /// Most features of an option.
    pub const MAX: usize = 16;

    /// These features.
    pub fn new(features: Vec<Feature>) -> Result<Self, FeatureListError> {
        let twice = features.iter().enumerate().any(|(index, feature)| features[..index].contains(feature));
        if twice || features.len() > Self::MAX { Err(FeatureListError) } else { Ok(Self(features)) }
    }

    /// Whether this one is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|feature| feature.as_str() == name)
    }

    /// All, in the vendor's order.
    pub fn as_slice(&self) -> &[Feature] {
        &self.0
    }

    /// All, in the vendor's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Feature> {
        self.0.iter()
    }

    /// The names of the faces among them.
    pub fn faces(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(Feature::face_name)
    }
}

impl TryFrom<Vec<Feature>> for FeatureList {
    type Error = FeatureListError;
    fn try_from(features: Vec<Feature>) -> Result<Self, FeatureListError> {
        Self::new(features)
    }
}

impl From<FeatureList> for Vec<Feature> {
    fn from(list: FeatureList) -> Self {
        list.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    fn list(names: &[&str]) -> FeatureList {
        FeatureList::new(names.iter().map(|name| name.parse().unwrap()).collect()).unwrap()
    }

    #[test]
    fn a_feature_is_a_tag_or_a_face() {
        let face = Feature::face(" BIZ UDPGothic ").unwrap();
        assert_eq!(face.as_str(), "face:BIZ UDPGothic");
        assert_eq!(face.face_name(), Some("BIZ UDPGothic"));
        assert_eq!(Feature::DESKEW.parse::<Feature>().unwrap().face_name(), None);
        for bad in ["", "OCR", "text recognition", "face:", "face: x", "a:b", &"a".repeat(81), "face:a\nb"] {
            assert!(bad.parse::<Feature>().is_err(), "{bad}");
        }
    }

    #[test]
    fn no_option_gives_a_feature_twice_or_more_than_fit() {
        let tag = |n: usize| format!("f-{n}").parse::<Feature>().unwrap();
        assert!(FeatureList::new((0..FeatureList::MAX).map(tag).collect()).is_ok());
        assert!(FeatureList::new((0..=FeatureList::MAX).map(tag).collect()).is_err());
        assert!(FeatureList::new(vec![tag(1), tag(1)]).is_err());
        assert!(list(&["deskew"]).contains(Feature::DESKEW));
    }

    #[test]
    fn font_packs_give_faces_and_programs_everything_else() {
        let program = PackageContent::Program(ProgramLimits::new(64, 1).unwrap());
        assert!(program.can_provide(&list(&["deskew"])) && !program.can_provide(&list(&["deskew", "face:A"])));
        assert!(PackageContent::FontPack.can_provide(&list(&["face:A"])));
        assert!(!PackageContent::FontPack.can_provide(&list(&["face:A", "deskew"])));
        assert!(program.can_provide(&list(&[])) && PackageContent::FontPack.can_provide(&list(&[])));
    }

    #[test]
    fn limits_beyond_a_machine_do_not_decode() {
        assert_eq!(ProgramLimits::new(0, 1), Err(LimitsError::Memory));
        assert_eq!(ProgramLimits::new(1_025, 1), Err(LimitsError::Memory));
        assert_eq!(ProgramLimits::new(1, 0), Err(LimitsError::Fuel));
        assert_eq!(ProgramLimits::new(1, ProgramLimits::FUEL_MAX + 1), Err(LimitsError::Fuel));
        let limits = ProgramLimits::new(1_024, ProgramLimits::FUEL_MAX).unwrap();
        assert_eq!(codec::decode::<ProgramLimits>(&codec::encode(&limits)), Ok(limits));
        assert!(codec::decode::<ProgramLimits>(&codec::encode(&(0_u16, 1_u64))).is_err());
    }
}
