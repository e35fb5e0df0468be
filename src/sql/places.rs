//! From a place in the text that is sent back to the place in the file it came from, when variables were put in and
//! psql's commands were taken out on the way.

use std::ops::Range;

/// A stretch of the derived text, up to the beginning of the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    /// Where it begins in the derived text.
    start: usize,
    /// Where it begins in the original.
    source: usize,
    /// The end in the original of what it stands for; none if it is a verbatim copy.
    replaced: Option<usize>,
}

/// Maps byte offsets in a derived text to byte offsets in the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlaceMap {
    segments: Vec<Segment>,
}

impl PlaceMap {
    /// The map of a text that is its original.
    pub fn identity() -> Self {
        PlaceMap { segments: vec![Segment { start: 0, source: 0, replaced: None }] }
    }

    /// The derived text from `start` on is a copy of the original from `source` on.
    pub fn push_verbatim(&mut self, start: usize, source: usize) {
        self.push(Segment { start, source, replaced: None });
    }

    /// The derived text from `start` on stands for `source` in the original.
    pub fn push_replaced(&mut self, start: usize, source: Range<usize>) {
        self.push(Segment { start, source: source.start, replaced: Some(source.end) });
    }

    /// The derived text from `start` on is a copy of `range` of a text that has its own map.
    pub fn push_mapped(&mut self, start: usize, map: &PlaceMap, range: Range<usize>) {
        let first = map.index(range.start);
        for segment in map.segments[first..].iter().take_while(|s| s.start < range.end) {
            let skipped = range.start.saturating_sub(segment.start);
            let source = if segment.replaced.is_some() { segment.source } else { segment.source + skipped };
            self.push(Segment {
                start: start + segment.start.saturating_sub(range.start),
                source,
                replaced: segment.replaced,
            });
        }
    }

    /// The place in the original of a byte offset; what was put in for something is at the beginning of that.
    pub fn locate(&self, offset: usize) -> usize {
        let segment = &self.segments[self.index(offset)];
        match segment.replaced {
            Some(_) => segment.source,
            None => segment.source + (offset - segment.start),
        }
    }

    /// The range in the original that a range stands for.
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.locate(range.start);
        if range.is_empty() {
            return start..start;
        }
        let last = &self.segments[self.index(range.end - 1)];
        let end = last.replaced.unwrap_or_else(|| last.source + (range.end - last.start));
        start..end.max(start)
    }

    fn index(&self, offset: usize) -> usize {
        self.segments.partition_point(|segment| segment.start <= offset).saturating_sub(1)
    }

    fn push(&mut self, segment: Segment) {
        if let Some(last) = self.segments.last_mut() {
            let continues = last.replaced.is_none()
                && segment.replaced.is_none()
                && last.source + (segment.start - last.start) == segment.source;
            if continues {
                return;
            }
            if last.start == segment.start {
                *last = segment;
                return;
            }
        }
        self.segments.push(segment);
    }
}

#[cfg(test)]
mod tests {
    use super::PlaceMap;

    #[test]
    fn what_was_put_in_is_at_the_beginning_of_what_it_replaced() {
        // "ab%(X)scd" became "ab12345cd"
        let mut map = PlaceMap::identity();
        map.push_replaced(2, 2..7);
        map.push_verbatim(7, 7);
        assert_eq!((0..9).map(|offset| map.locate(offset)).collect::<Vec<_>>(), [0, 1, 2, 2, 2, 2, 2, 7, 8]);
        assert_eq!(map.range(1..4), 1..7);
        assert_eq!(map.range(3..8), 2..8);
        assert_eq!(map.range(3..3), 2..2);
    }

    #[test]
    fn maps_compose() {
        let mut first = PlaceMap::identity();
        first.push_replaced(2, 2..7);
        first.push_verbatim(4, 7);
        // The first three bytes are left out, then everything follows.
        let mut second = PlaceMap::identity();
        second.push_mapped(0, &first, 3..10);
        assert_eq!((0..4).map(|offset| second.locate(offset)).collect::<Vec<_>>(), [2, 7, 8, 9]);
    }
}
