//! The faces that can be used at a time: the machine's own, and those of the font packs with a living licence.

use std::sync::{Arc, LazyLock};

use super::draw::{self, Set};
use super::face::{Face, FontPack, face_key};
use crate::program::{EM_PIXELS_MAX, LINE_CHARS_MAX, Lettering, LetteringError, Mask};

/// The machine's own: Japanese and Latin.
pub(crate) static OWN_REGULAR: &[u8] = include_bytes!("../../assets/fonts/BIZUDPGothic_400Regular.ttf");
/// The same, bold.
pub(crate) static OWN_BOLD: &[u8] = include_bytes!("../../assets/fonts/BIZUDPGothic_700Bold.ttf");

static OWN: LazyLock<Vec<Arc<Face>>> = LazyLock::new(|| {
    let packs = [OWN_REGULAR, OWN_BOLD].map(FontPack::carried);
    packs.iter().flatten().flat_map(FontPack::faces).cloned().collect()
});

/// A set of faces. Clones share them; one that was given away goes on as it was, so a job that began with a face ends
/// with it.
#[derive(Debug, Clone)]
pub struct Faces {
    faces: Arc<[Arc<Face>]>,
}

impl Default for Faces {
    fn default() -> Self {
        Self::own()
    }
}

impl Faces {
    /// The machine's own alone.
    pub fn own() -> Self {
        Self::with([])
    }

    /// The machine's own, and those of these font packs.
    pub fn with<'p>(packs: impl IntoIterator<Item = &'p FontPack>) -> Self {
        let packed = packs.into_iter().flat_map(FontPack::faces);
        Self { faces: OWN.iter().chain(packed).cloned().collect() }
    }

    /// Their names, as they are shown; the machine's own first.
    pub fn names(&self) -> Vec<String> {
        self.faces.iter().map(|face| face.name().to_owned()).collect()
    }

    /// Whether there is a face or a family of this name, in any language.
    pub fn has(&self, name: &str) -> bool {
        self.find(name, false).is_some()
    }

    /// The machine's own.
    pub(super) fn first(&self, bold: bool) -> Option<&Arc<Face>> {
        self.faces.iter().find(|face| face.is_bold() == bold).or_else(|| self.faces.first())
    }

    /// The face of this name; if it is a family's, the upright one of it. Its bold sister if there is one and `bold`.
    pub(super) fn find(&self, name: &str, bold: bool) -> Option<&Arc<Face>> {
        let key = face_key(name);
        let rank = |face: &&Arc<Face>| (face.is_italic(), face.is_bold());
        let named = self.faces.iter().find(|face| face.is_named(&key));
        let found = named.or_else(|| self.faces.iter().filter(|face| face.is_of_family(&key)).min_by_key(rank))?;
        if !bold || found.is_bold() {
            return Some(found);
        }
        let sister = self
            .faces
            .iter()
            .find(|face| face.is_bold() && face.is_italic() == found.is_italic() && face.is_related(found));
        Some(sister.unwrap_or(found))
    }
}

impl Lettering for Faces {
    fn faces(&self) -> Vec<String> {
        self.names()
    }

    fn set_line(&self, text: &str, face: Option<&str>, pixels_an_em: u32) -> Result<Mask, LetteringError> {
        if text.chars().count() > LINE_CHARS_MAX || pixels_an_em > EM_PIXELS_MAX {
            return Err(LetteringError::TooLarge);
        }
        let face = match face {
            Some(name) => self.find(name, false),
            None => self.first(false),
        };
        let face = face.ok_or(LetteringError::UnknownFace)?;
        if pixels_an_em == 0 {
            return Ok(Mask { width: 0, height: 0, coverage: Vec::new() });
        }
        // A face that the library cannot cope with is none.
        super::face::guarded(|| {
            let font = face.font().ok_or(super::FormatFault::FaceDamaged)?;
            Ok(Set::new(font, pixels_an_em as f32).map(|set| draw::mask(&set, text)))
        })
        .ok()
        .flatten()
        .ok_or(LetteringError::UnknownFace)?
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::face::FaceFault;
    use super::*;

    fn pack(content: &[u8]) -> FontPack {
        FontPack::open(Zeroizing::new(content.to_vec())).unwrap()
    }

    const HACK: &[u8] = epaint_default_fonts::HACK_REGULAR;

    #[test]
    fn the_machine_has_faces_of_its_own_in_both_weights() {
        let faces = Faces::own();
        assert_eq!(faces.names(), ["BIZ UDPGothic", "BIZ UDPGothic Bold"]);
        for name in ["BIZ UDPGothic", "biz-udpgothic regular", "ＢＩＺ　ＵＤＰＧＯＴＨＩＣ", "BIZUDPGothic"]
        {
            assert_eq!(faces.find(name, false).unwrap().name(), "BIZ UDPGothic", "{name}");
            assert_eq!(faces.find(name, true).unwrap().name(), "BIZ UDPGothic Bold", "{name}");
        }
        assert_eq!(faces.find("BIZ UDPGothic Bold", false).unwrap().name(), "BIZ UDPGothic Bold");
        assert!(!faces.has("Hack") && !faces.has("") && !faces.has("BIZ"));
    }

    #[test]
    fn a_font_packs_faces_come_with_it_and_leave_with_it() {
        let pack = pack(HACK);
        let before = Faces::own();
        let with = Faces::with([&pack]);
        assert_eq!(with.names().last().map(String::as_str), Some("Hack Regular"));
        assert!(with.has("Hack") && !before.has("Hack"));
        assert_eq!(with.find("Hack", true).unwrap().name(), "Hack Regular", "it has no bold one");
        drop(pack);
        assert!(with.has("Hack"), "a job that has begun keeps it");
        assert!(!Faces::with([]).has("Hack"));
    }

    /// The face with other names: language, which name, and it.
    fn renamed(names: &[(u16, u16, &str)]) -> Vec<u8> {
        let short = |value: usize| u16::try_from(value).unwrap().to_be_bytes();
        let mut records = Vec::new();
        let mut texts = Vec::new();
        for (language, id, name) in names {
            let text: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for value in [3, 1, usize::from(*language), usize::from(*id), text.len(), texts.len()] {
                records.extend_from_slice(&short(value));
            }
            texts.extend(text);
        }
        let table = [&[0, 0], &short(names.len())[..], &short(6 + records.len()), &records, &texts].concat();
        let mut face = HACK.to_vec();
        let at = (0..).map(|number| 12 + number * 16).find(|at| &face[*at..at + 4] == b"name").unwrap();
        let position = u32::try_from(face.len()).unwrap();
        face[at + 8..at + 12].copy_from_slice(&position.to_be_bytes());
        face[at + 12..at + 16].copy_from_slice(&u32::try_from(table.len()).unwrap().to_be_bytes());
        face.extend_from_slice(&table);
        face
    }

    #[test]
    fn a_face_is_found_by_its_name_in_either_language() {
        let names =
            [(0x0411, 1, "教科書体"), (0x0411, 4, "教科書体 中"), (0x0409, 1, "Kyokasho"), (0x0409, 4, "Kyokasho M")];
        let pack = pack(&renamed(&names));
        assert_eq!(pack.names(), ["Kyokasho M"]);
        let faces = Faces::with([&pack]);
        for name in ["Kyokasho M", "kyokasho", "教科書体", "教科書体　中", "教科書体中"] {
            assert_eq!(faces.find(name, false).unwrap().name(), "Kyokasho M", "{name}");
        }
        assert!(!faces.has("教科書"));
        let japanese = self::pack(&renamed(&names[..2]));
        assert_eq!(japanese.names(), ["教科書体 中"], "it has no other name");
        let nameless = FontPack::open(Zeroizing::new(renamed(&[(0x0409, 4, " \u{1}")])));
        assert_eq!(nameless.unwrap_err(), FaceFault::Nameless);
    }

    #[test]
    fn a_collection_has_several_faces() {
        // Two faces that share their tables: a header, two offsets, the file.
        let mut collection = b"ttcf\0\x01\0\0\0\0\0\x02".to_vec();
        let length = 12 + 8;
        collection.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes().repeat(2));
        let mut face = HACK.to_vec();
        let tables = usize::from(u16::from_be_bytes([face[4], face[5]]));
        for table in 0..tables {
            let at = 12 + table * 16 + 8;
            let offset = u32::from_be_bytes(face[at..at + 4].try_into().unwrap()) + u32::try_from(length).unwrap();
            face[at..at + 4].copy_from_slice(&offset.to_be_bytes());
        }
        collection.extend_from_slice(&face);
        assert_eq!(pack(&collection).names(), ["Hack Regular", "Hack Regular"]);
    }

    #[test]
    fn what_is_no_face_is_refused() {
        let open = |content: &[u8]| FontPack::open(Zeroizing::new(content.to_vec())).map(|pack| pack.names());
        for content in
            [b"".as_slice(), b"x", &[0; 5_000], b"\0\x01\0\0\0\x01cmap\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"]
        {
            assert_eq!(open(content), Err(FaceFault::Damaged));
        }
        let mut many = b"ttcf\0\x01\0\0\0\0\x01\0".to_vec();
        many.extend_from_slice(&[0; 4 * 256]);
        assert_eq!(open(&many), Err(FaceFault::TooLarge));
    }

    fn line(text: &str, face: Option<&str>, em: u32) -> Result<Mask, LetteringError> {
        Faces::with([&pack(HACK)]).set_line(text, face, em)
    }

    #[test]
    fn a_line_is_set_as_ink_for_programs_that_write_on_pages() {
        let mask = line("社外秘 Secret", None, 100).unwrap();
        assert_eq!(mask.coverage.len(), (mask.width * mask.height) as usize);
        assert!(mask.coverage.contains(&255) && mask.coverage.contains(&0));
        assert!((500..800).contains(&mask.width) && (80..150).contains(&mask.height), "{mask:?}");
        assert_ne!(line("a", None, 100), line("a", Some("Hack"), 100));
        assert_eq!(line("a", None, 100), line("a", Some("BIZ UDPGothic"), 100));
        assert_eq!(line("", None, 100).unwrap().coverage, [0; 0]);
        assert_eq!(line("a", None, 0).unwrap().coverage, [0; 0]);
    }

    #[test]
    fn a_line_has_limits() {
        assert_eq!(line("a", Some("No Such Face"), 100), Err(LetteringError::UnknownFace));
        assert_eq!(line(&"a".repeat(201), None, 10), Err(LetteringError::TooLarge));
        assert!(line(&"a".repeat(200), None, 10).is_ok());
        assert_eq!(line("a", None, 601), Err(LetteringError::TooLarge));
        assert!(line("a", None, 600).is_ok());
        assert_eq!(line(&"国".repeat(200), None, 600), Err(LetteringError::TooLarge), "as large as a page");
    }

    #[test]
    fn a_damaged_face_is_refused_or_set_and_never_takes_the_machine_down() {
        for position in (0..HACK.len().min(4_000)).step_by(97) {
            let mut damaged = HACK.to_vec();
            damaged[position] ^= 0xFF;
            if let Ok(pack) = FontPack::open(Zeroizing::new(damaged)) {
                let name = pack.names().remove(0);
                let _ = Faces::with([&pack]).set_line("Kobai 購買", Some(&name), 46);
            }
        }
    }
}
