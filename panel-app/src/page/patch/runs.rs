//! Bars and spaces along a column of pixels.

/// Four bars and what is between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bars {
    /// Where the first begins, in pixels.
    pub(super) start: usize,
    /// From the first to the end of the last, in pixels.
    pub(super) length: usize,
    /// Which are wide.
    pub(super) wide: [bool; 4],
}

/// Length of the whole pattern in narrow bars: two of them, two wide ones of 2.5, three spaces.
const UNITS: f64 = 10.0;
/// Shortest and longest pattern, in pixels: 0.8 inches, from 60 to 160 percent.
const LENGTH: std::ops::RangeInclusive<usize> = 48..=128;
/// Least difference between ink and paper.
const CONTRAST_MIN: u8 = 60;

/// Every pattern of four bars in a column.
pub(super) fn bars_of(column: &[u8]) -> Vec<Bars> {
    let (Some(&darkest), Some(&lightest)) = (column.iter().min(), column.iter().max()) else { return Vec::new() };
    if lightest - darkest < CONTRAST_MIN {
        return Vec::new();
    }
    let threshold = darkest + (lightest - darkest) / 2;

    // Ends of runs, beginning with paper; where two pixels mix ink and paper, the edge lies between them.
    let mut edges: Vec<f64> = Vec::new();
    let mut dark = false;
    let mut previous = lightest;
    for (at, &light) in column.iter().enumerate() {
        if (light < threshold) != dark {
            let (from, to) = (f64::from(previous), f64::from(light));
            let part = if at == 0 { 1.0 } else { (f64::from(threshold) - from) / (to - from) };
            edges.push(at as f64 + 0.5 - (1.0 - part.clamp(0.0, 1.0)));
            dark = !dark;
        }
        previous = light;
    }
    if dark {
        edges.push(column.len() as f64);
    }

    let mut found = Vec::new();
    // Bars begin at every second edge.
    for start in (0..edges.len()).step_by(2) {
        let Some(edges_here) = edges.get(start..start + 8) else { break };
        let before = start.checked_sub(1).map_or(edges_here[0], |at| edges_here[0] - edges[at]);
        let after = edges.get(start + 8).map_or(column.len() as f64, |next| *next) - edges_here[7];
        found.extend(match_bars(edges_here, before, after));
    }
    found
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positions in a column
fn match_bars(edges: &[f64], before: f64, after: f64) -> Option<Bars> {
    let length = edges[7] - edges[0];
    if !LENGTH.contains(&(length as usize)) {
        return None;
    }
    let unit = length / UNITS;
    let run = |at: usize| (edges[at + 1] - edges[at]) / unit;
    // Ink spreads or breaks: bars and spaces are measured apart.
    let narrow_or_wide = |units: f64| match units {
        0.5..1.75 => Some(false),
        1.75..3.3 => Some(true),
        _ => None,
    };
    let wide = [narrow_or_wide(run(0))?, narrow_or_wide(run(2))?, narrow_or_wide(run(4))?, narrow_or_wide(run(6))?];
    let spaces_fit = [run(1), run(3), run(5)].iter().all(|space| (0.45..1.6).contains(space));
    let alone = before >= unit * 0.8 && after >= unit * 0.8;
    let two_wide = wide.iter().filter(|wide| **wide).count() == 2;
    (spaces_fit && alone && two_wide).then_some(Bars { start: edges[0] as usize, length: length as usize, wide })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(runs: &[usize]) -> Vec<u8> {
        runs.iter().enumerate().flat_map(|(at, &length)| vec![if at % 2 == 0 { 250 } else { 20 }; length]).collect()
    }

    #[test]
    fn four_bars_of_two_widths_are_found_where_they_are() {
        let bars = bars_of(&column(&[50, 8, 8, 20, 8, 8, 8, 20, 50]));
        assert_eq!(bars, [Bars { start: 50, length: 80, wide: [false, true, false, true] }]);
        let larger = bars_of(&column(&[50, 12, 12, 30, 12, 12, 12, 30, 50]));
        assert_eq!(larger, [Bars { start: 50, length: 120, wide: [false, true, false, true] }]);
    }

    #[test]
    fn bars_of_other_sizes_and_numbers_are_not() {
        for runs in [
            [50, 8, 8, 8, 8, 8, 8, 20, 50].as_slice(),
            &[50, 8, 8, 20, 8, 20, 8, 20, 50],
            &[50, 8, 30, 20, 8, 8, 8, 20, 50],
            &[50, 4, 4, 10, 4, 4, 4, 10, 50],
            &[50, 24, 24, 60, 24, 24, 24, 60, 50],
            &[50, 8, 8, 20, 8, 8],
            &[300],
            &[],
        ] {
            assert_eq!(bars_of(&column(runs)), [], "{runs:?}");
        }
    }

    #[test]
    fn what_hardly_differs_is_no_bar() {
        let faint: Vec<u8> = column(&[50, 8, 8, 20, 8, 8, 8, 20, 50]).iter().map(|light| 180 + light / 10).collect();
        assert_eq!(bars_of(&faint), []);
    }
}
