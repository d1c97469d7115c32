//! Addresses in scripts without capitals to go by: Cyrillic street words, Chinese and Japanese
//! administrative characters.

use super::super::Hit;
use super::super::bytes::{at, before, cut, is_word, run};
use crate::class::Class;

/// Street words of Russian and its neighbours.
pub(crate) const CYRILLIC: [&str; 10] = [
    "ул.",
    "улица ",
    "вул.",
    "вулиця ",
    "проспект ",
    "пр-т",
    "переулок ",
    "шоссе ",
    "бульвар ",
    "набережная ",
];

const CYRILLIC_HEADS: [&str; 9] = ["г.", "г ", "обл.", "д.", "дом ", "кв.", "корп.", "стр.", "оф."];

fn cyrillic_capital(part: &[u8]) -> bool {
    matches!(part, [0xD0, 0x81 | 0x84..=0x87 | 0x90..=0xAF, ..])
}

/// `ул. Ленина, д. 5, кв. 12, Москва 101000`: parts that hold a number or begin with a capital.
pub(crate) fn cyrillic(b: &[u8], start: usize, end: usize, out: &mut Vec<Hit>) {
    if is_word(before(b, start)) {
        return;
    }
    let mut stop = end;
    let mut numbered = false;
    let mut pos = run(b, end, 2, |c| c == b' ');
    for n in 0..7 {
        let part_end = run(b, pos, 80, |c| !matches!(c, b',' | b'\n' | b';' | b'"' | b')' | b'<'));
        let mut part = cut(b, pos, part_end);
        // A sentence goes on after a full stop.
        let sentence = part
            .windows(3)
            .enumerate()
            .position(|(i, w)| i > 8 && matches!(w, [b'.', b' ', 0xD0 | 0xD1]));
        if let Some(n) = sentence {
            part = part.get(..n).unwrap_or(part);
        }
        let digit = part.iter().any(u8::is_ascii_digit);
        let headed = CYRILLIC_HEADS.iter().any(|h| part.starts_with(h.as_bytes()));
        let fits = n == 0 || digit && part.len() <= 40 || headed || cyrillic_capital(part);
        if !fits || part.is_empty() || part.len() > 60 {
            break;
        }
        numbered |= digit;
        stop = pos + part.len();
        if sentence.is_some() || at(b, part_end) != b',' {
            break;
        }
        pos = run(b, part_end + 1, 2, |c| c == b' ');
    }
    // `г. Казань, ` before the street.
    let line = start.saturating_sub(48);
    let before_it = cut(b, line, start);
    let town = before_it.windows(4).rposition(|w| w == [0xD0, 0xB3, b'.', b' ']);
    let town = town.map(|n| line + n).filter(|&n| {
        let text = cut(b, n, start);
        text.ends_with(b", ") && text.iter().filter(|c| c.is_ascii_punctuation()).count() <= 2
    });
    let start = town.unwrap_or(start);
    if numbered {
        out.push(Hit::new(start, stop, Class::Address, "address_cyrillic"));
    }
}

/// `서울특별시 강남구 테헤란로 152`: a house number at `start` after a road, after the districts it
/// lies in.
pub(super) fn hangul(b: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let is_hangul = |c: &[u8]| matches!(c, [0xEA..=0xED, _, _]);
    let word = |to: usize| {
        let mut from = to;
        while from >= 3 && to - from < 36 && is_hangul(cut(b, from - 3, from)) {
            from -= 3;
        }
        (from < to).then_some(from)
    };
    let ends = |from: usize, to: usize, list: &[&str]| {
        to - from > 3 && list.iter().any(|tail| cut(b, to - 3, to) == tail.as_bytes())
    };
    let road_end = start - usize::from(before(b, start) == b' ');
    let mut from = word(road_end)?;
    if !ends(from, road_end, &["로", "길"]) {
        return None;
    }
    let mut districts = 0;
    while before(b, from) == b' '
        && let Some(head) = word(from - 1)
        && ends(head, from - 1, &["시", "도", "구", "군", "읍", "면", "동"])
    {
        from = head;
        districts += 1;
    }
    let mut to = end;
    if at(b, to) == b'-' {
        to = run(b, to + 1, 4, |c| c.is_ascii_digit()).max(to);
    }
    (districts > 0).then_some((from, to))
}

/// Three-byte characters of Chinese, Japanese and Korean, without their punctuation.
fn is_ideograph(c: &[u8]) -> bool {
    matches!(c, [0xE3, 0x83, 0xBC] | [0xE3, 0x81..=0x83, _] | [0xE4..=0xED, _, _])
}

const AREAS: [&str; 16] = [
    "市", "区", "區", "町", "县", "縣", "都", "府", "村", "路", "街", "道", "巷", "弄", "丁目",
    "段",
];

/// `北京市朝阳区建国路88号`, `東京都渋谷区神南1-2-3`: a house number at `i` after a run of
/// characters that name at least two areas.
pub(crate) fn ideographic(b: &[u8], i: usize, out: &mut Vec<Hit>) -> Option<usize> {
    let mut head = i;
    while head >= 3 && i - head < 90 && is_ideograph(cut(b, head - 3, head)) {
        head -= 3;
    }
    let text = cut(b, head, i);
    let count =
        |needle: &str| text.windows(needle.len()).filter(|w| *w == needle.as_bytes()).count();
    let areas: usize = AREAS.iter().map(|area| count(area)).sum();
    let mut end = run(b, i, 5, |c| c.is_ascii_digit());
    while at(b, end) == b'-' && at(b, end + 1).is_ascii_digit() {
        end = run(b, end + 1, 5, |c| c.is_ascii_digit());
    }
    let mut closed = false;
    loop {
        let next = ["号", "號", "番地", "番", "楼", "室", "层", "階", "栋", "单元", "丁目", "座"]
            .iter()
            .find(|mark| cut(b, end, end + mark.len()) == mark.as_bytes());
        let Some(mark) = next else { break };
        closed = true;
        end = run(b, end + mark.len(), 6, |c| c.is_ascii_digit() || c == b'-');
    }
    if areas < 2 && !(areas == 1 && closed) {
        return None;
    }
    // 「住所は」 and 「地址是」 are no part of it.
    let verb = ["は", "是", "在", "为", "為"]
        .iter()
        .filter_map(|v| text.windows(v.len()).rposition(|w| w == v.as_bytes()).map(|n| n + v.len()))
        .max()
        .unwrap_or(0);
    out.push(Hit::new(head + verb, end, Class::Address, "address_ideographic"));
    Some(end)
}
