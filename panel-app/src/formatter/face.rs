//! Faces: what is in a TrueType or OpenType file, or a collection of them, and under which names.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ab_glyph::{Font as _, FontRef};
use ttf_parser::name_id;
use zeroize::Zeroizing;

use super::FormatFault;

/// Largest font pack, in bytes.
pub const PACK_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most faces of a font pack.
pub const PACK_FACES_MAX: u32 = 64;
/// Most bytes of a face's name.
pub(super) const NAME_BYTES_MAX: usize = 120;
/// Most names of a face that are looked at: families, full names, in every language.
const NAMES_MAX: usize = 64;
/// The language English (United States) in name tables of Windows.
const ENGLISH: u16 = 0x0409;

/// Why a font pack has no faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FaceFault {
    /// Too many bytes or faces.
    #[error("a font pack has at most {PACK_BYTES_MAX} bytes and {PACK_FACES_MAX} faces")]
    TooLarge,
    /// No TrueType or OpenType, or one whose measures make no sense.
    #[error("the font pack is no TrueType or OpenType file")]
    Damaged,
    /// A face without a name cannot be chosen.
    #[error("a face has no name")]
    Nameless,
}

/// The faces of one file, which is wiped from memory with the last of them.
pub struct FontPack {
    faces: Vec<Arc<Face>>,
}

impl fmt::Debug for FontPack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.faces.iter().map(|face| &face.name)).finish()
    }
}

impl FontPack {
    /// Reads the names of the faces in an unsealed font pack.
    pub fn open(content: Zeroizing<Vec<u8>>) -> Result<Self, FaceFault> {
        Self::of(File::Pack(content))
    }

    /// Of a file that the machine carries with it.
    pub(super) fn carried(content: &'static [u8]) -> Result<Self, FaceFault> {
        Self::of(File::Carried(content))
    }

    fn of(file: File) -> Result<Self, FaceFault> {
        let file = Arc::new(file);
        let read = catch_unwind(AssertUnwindSafe(|| {
            let bytes = file.bytes();
            if bytes.len() > PACK_BYTES_MAX {
                return Err(FaceFault::TooLarge);
            }
            let count = ttf_parser::fonts_in_collection(bytes).unwrap_or(1);
            match count {
                0 => return Err(FaceFault::Damaged),
                1..=PACK_FACES_MAX => {}
                _ => return Err(FaceFault::TooLarge),
            }
            (0..count).map(|index| Face::read(&file, index).map(Arc::new)).collect::<Result<Vec<_>, _>>()
        }));
        Ok(Self { faces: read.unwrap_or(Err(FaceFault::Damaged))? })
    }

    /// Its faces, in the order of the file.
    pub fn faces(&self) -> &[Arc<Face>] {
        &self.faces
    }

    /// Their names, as they are shown.
    pub fn names(&self) -> Vec<String> {
        self.faces.iter().map(|face| face.name.clone()).collect()
    }
}

enum File {
    Carried(&'static [u8]),
    Pack(Zeroizing<Vec<u8>>),
}

impl File {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Carried(bytes) => bytes,
            Self::Pack(bytes) => bytes,
        }
    }
}

/// A face in a file.
pub struct Face {
    file: Arc<File>,
    index: u32,
    name: String,
    /// Keys of the names of this face alone: full names and PostScript names.
    own_keys: Vec<String>,
    /// Keys of the names that it shares with others of its family.
    family_keys: Vec<String>,
    bold: bool,
    italic: bool,
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Face({:?})", self.name)
    }
}

impl Face {
    fn read(file: &Arc<File>, index: u32) -> Result<Self, FaceFault> {
        let parsed = ttf_parser::Face::parse(file.bytes(), index).map_err(|_| FaceFault::Damaged)?;
        let named: Vec<(u16, u16, String)> = parsed
            .names()
            .into_iter()
            .filter(|name| name.is_unicode())
            .take(NAMES_MAX)
            .filter_map(|name| Some((name.name_id, name.language_id, clean(&name.to_string()?)?)))
            .collect();
        let keys = |ids: &[u16]| {
            let mut keys: Vec<String> =
                named.iter().filter(|(id, ..)| ids.contains(id)).map(|(.., name)| face_key(name)).collect();
            keys.retain(|key| !key.is_empty());
            keys.sort();
            keys.dedup();
            keys
        };
        let shown = |id: u16| {
            let english = named.iter().find(|(named, language, _)| *named == id && *language == ENGLISH);
            english.or_else(|| named.iter().find(|(named, ..)| *named == id)).map(|(.., name)| name.clone())
        };
        let name = shown(name_id::FULL_NAME)
            .or_else(|| shown(name_id::TYPOGRAPHIC_FAMILY))
            .or_else(|| shown(name_id::FAMILY))
            .or_else(|| shown(name_id::POST_SCRIPT_NAME))
            .ok_or(FaceFault::Nameless)?;
        let face = Self {
            file: file.clone(),
            index,
            name,
            own_keys: keys(&[name_id::FULL_NAME, name_id::POST_SCRIPT_NAME]),
            family_keys: keys(&[name_id::FAMILY, name_id::TYPOGRAPHIC_FAMILY]),
            bold: parsed.is_bold() || parsed.weight().to_number() >= 600,
            italic: parsed.is_italic() || parsed.is_oblique(),
        };
        if face_key(&face.name).is_empty() {
            return Err(FaceFault::Nameless);
        }
        if face.font().is_some() { Ok(face) } else { Err(FaceFault::Damaged) }
    }

    /// As it is shown: its full name in English if it has one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a bold one.
    pub const fn is_bold(&self) -> bool {
        self.bold
    }

    /// Whether it is a slanted one.
    pub const fn is_italic(&self) -> bool {
        self.italic
    }

    /// Whether this is its full name, in any language.
    pub(super) fn is_named(&self, key: &str) -> bool {
        self.own_keys.iter().any(|own| own == key) || face_key(&self.name) == key
    }

    /// Whether this is the name of its family, in any language.
    pub(super) fn is_of_family(&self, key: &str) -> bool {
        self.family_keys.iter().any(|family| family == key)
    }

    /// Whether they are of one family.
    pub(super) fn is_related(&self, other: &Self) -> bool {
        self.family_keys.iter().any(|key| other.is_of_family(key))
    }

    /// To be drawn; `None` if its measures make no sense.
    pub(super) fn font(&self) -> Option<FontRef<'_>> {
        let font = FontRef::try_from_slice_and_index(self.file.bytes(), self.index).ok()?;
        let height = font.height_unscaled() / font.units_per_em()?;
        (0.1..=20.0).contains(&height).then_some(font)
    }
}

/// A name of one line, not empty.
fn clean(name: &str) -> Option<String> {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = name.trim();
    (1..=NAME_BYTES_MAX).contains(&name.len()).then(|| name.to_owned())
}

/// What a face's name is compared by: letters and digits alone, in lower case and in one width; `Regular` at the end says
/// nothing.
pub fn face_key(name: &str) -> String {
    let key: String = name
        .chars()
        .map(|c| match c {
            // Full-width ASCII.
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    match key.strip_suffix("regular") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => key,
    }
}

/// The library that draws is another's, and a face may be made to hit its faults.
pub(super) fn guarded<T>(draw: impl FnOnce() -> Result<T, FormatFault>) -> Result<T, FormatFault> {
    catch_unwind(AssertUnwindSafe(draw)).unwrap_or_else(|_| {
        tracing::error!("a face has made the formatter panic");
        Err(FormatFault::FaceDamaged)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_what_people_mean() {
        for name in ["BIZ UDPGothic", "biz udpgothic", "BIZUDPGothic-Regular", "ＢＩＺ　ＵＤＰGothic Regular"] {
            assert_eq!(face_key(name), "bizudpgothic", "{name}");
        }
        assert_eq!(face_key("BIZ UDPゴシック"), "bizudpゴシック");
        assert_eq!(face_key("Regular"), "regular");
        assert_eq!(face_key(" - "), "");
    }
}
