//! Breaking text into lines: at spaces, and between the characters of scripts that are written without them.

/// Columns of a tab stop, in widths of a space.
const TAB_SPACES: f32 = 4.0;
/// A space is at least so wide where columns are concerned, in ems: in proportional faces it is narrower than a figure.
const SPACE_EMS_MIN: f32 = 0.5;

/// Characters that do not begin a line: closing brackets, punctuation, small kana, the prolonged sound mark.
const NOT_AT_START: &str =
    "、。，．・：；？！ー）」』】〕〉》］｝’”々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョヵヶ,.:;?!)]}%";
/// Characters that do not end a line: opening brackets.
const NOT_AT_END: &str = "（「『【〔〈《［｛‘“([{¥￥$";

/// More lines than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Breaks `text` into at most `lines_max` lines that are no wider than `width`, given the distance of tab stops and
/// the advance of each character. A character that is wider than a line has a line of its own. Line ends may be of any system.
pub(crate) fn break_lines(
    text: &str,
    width: f32,
    tab: f32,
    lines_max: usize,
    advance: impl Fn(char) -> f32,
) -> Result<Vec<String>, TooLong> {
    let mut lines = Vec::new();
    for paragraph in text.strip_prefix('\u{FEFF}').unwrap_or(text).lines() {
        let mut line = Line::default();
        for c in paragraph.chars() {
            // Tabs stay, for the drawing; other control characters have no shape.
            if c != '\t' && !is_visible(c) {
                continue;
            }
            let wide = if c == '\t' { to_next_stop(line.width, tab) } else { advance(c) };
            if line.width + wide > width && !line.text.is_empty() && c != ' ' {
                let rest = line.split(&advance, c);
                push(&mut lines, std::mem::replace(&mut line, rest), lines_max)?;
            }
            let wide = if c == '\t' { to_next_stop(line.width, tab) } else { advance(c) };
            line.push(c, wide);
        }
        push(&mut lines, line, lines_max)?;
    }
    Ok(lines)
}

/// How far a tab leads from `at`.
pub(crate) fn to_next_stop(at: f32, tab: f32) -> f32 {
    if tab > 0.0 { ((at / tab).floor() + 1.0) * tab - at } else { 0.0 }
}

/// The distance of tab stops, for the advance of a space and an em.
pub(crate) fn tab_width(space: f32, em: f32) -> f32 {
    space.max(em * SPACE_EMS_MIN) * TAB_SPACES
}

fn push(lines: &mut Vec<String>, line: Line, lines_max: usize) -> Result<(), TooLong> {
    if lines.len() == lines_max {
        return Err(TooLong);
    }
    lines.push(line.text.trim_end_matches([' ', '\t']).to_owned());
    Ok(())
}

/// Neither a control character nor one that only joins or selects.
fn is_visible(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// A line that is being filled.
#[derive(Default)]
struct Line {
    text: String,
    width: f32,
    /// Byte position of the last place where it may be broken.
    may_break: Option<usize>,
    last: Option<char>,
}

impl Line {
    fn push(&mut self, c: char, wide: f32) {
        if self.last.is_some_and(|last| may_break_between(last, c)) {
            self.may_break = Some(self.text.len());
        }
        self.text.push(c);
        self.width += wide;
        self.last = Some(c);
    }

    /// Ends this line so that `next` is on the one that is returned.
    fn split(&mut self, advance: &impl Fn(char) -> f32, next: char) -> Self {
        let here = self.last.is_some_and(|last| may_break_between(last, next));
        let at = if here { self.text.len() } else { self.may_break.unwrap_or(self.text.len()) };
        let mut rest = Self::default();
        for c in self.text[at..].trim_start_matches(' ').chars() {
            rest.push(c, advance(c));
        }
        self.text.truncate(at);
        rest
    }
}

fn may_break_between(before: char, after: char) -> bool {
    if matches!(before, ' ' | '\t' | '\u{3000}') {
        return after != ' ';
    }
    let free = is_written_without_spaces(before) || is_written_without_spaces(after);
    free && !NOT_AT_START.contains(after) && !NOT_AT_END.contains(before)
}

/// Kana, ideographs, their punctuation and full-width forms.
const fn is_written_without_spaces(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FFEF}'
        | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Full-width characters are two wide, the rest one.
    fn lines(text: &str, width: f32) -> Vec<String> {
        break_lines(text, width, 4.0, 100, |c| if is_written_without_spaces(c) { 2.0 } else { 1.0 }).unwrap()
    }

    #[test]
    fn words_stay_whole_and_spaces_vanish_at_the_end_of_a_line() {
        assert_eq!(lines("the quick brown fox", 10.0), ["the quick", "brown fox"]);
        assert_eq!(lines("the  quick  brown", 9.0), ["the", "quick", "brown"]);
    }

    #[test]
    fn a_word_that_is_wider_than_a_line_is_cut() {
        assert_eq!(lines("abcdefghij kl", 4.0), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(lines("購", 1.0), ["購"]);
    }

    #[test]
    fn japanese_breaks_anywhere_but_not_before_a_full_stop() {
        assert_eq!(lines("購買システム", 4.0), ["購買", "シス", "テム"]);
        assert_eq!(lines("あいう。え", 6.0), ["あい", "う。え"]);
        assert_eq!(lines("あい「う」", 6.0), ["あい", "「う」"]);
    }

    #[test]
    fn empty_lines_and_line_ends_of_every_system_are_kept_apart() {
        assert_eq!(lines("a\r\n\r\nb\n", 10.0), ["a", "", "b"]);
        assert_eq!(lines("", 10.0), [""; 0]);
    }

    #[test]
    fn what_has_no_shape_takes_no_room() {
        assert_eq!(lines("\u{FEFF}a\u{7}b\u{200B}c\u{FE0F}", 3.0), ["abc"]);
    }

    #[test]
    fn a_tab_leads_to_the_next_stop() {
        assert_eq!(to_next_stop(0.0, 4.0), 4.0);
        assert_eq!(to_next_stop(3.5, 4.0), 0.5);
        assert_eq!(to_next_stop(1.0, 0.0), 0.0);
        assert_eq!(tab_width(0.3, 1.0), 2.0);
        assert_eq!(tab_width(0.6, 1.0), 2.4);
        assert_eq!(lines("a\tb\tc", 8.0), ["a\tb", "c"]);
    }

    #[test]
    fn a_text_with_too_many_lines_is_refused_when_that_is_known() {
        assert_eq!(break_lines("a\nb\nc", 10.0, 4.0, 2, |_| 1.0), Err(TooLong));
        assert_eq!(break_lines(&"a".repeat(1_000_000), 10.0, 4.0, 2, |_| 1.0), Err(TooLong));
    }
}
