//! Columns as pages of a Parquet file. One page a column and row group, in the encoding that suits what
//! these tables hold: a dictionary where there are few values (one value costs nothing), differences
//! packed in as many bits as they need for instants, plain numbers for the rest. No compression on top:
//! what is left is noise, and the time is better spent elsewhere.

use polars_core::prelude::DataType;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::encoding::Encoding;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{
    CompressedDataPage, CompressedDictPage, CompressedPage, DataPageHeader, DataPageHeaderV1,
};

/// A column of one row group.
pub(super) struct Encoded {
    rows: usize,
    /// (encoded values, how many).
    dictionary: Option<(Vec<u8>, usize)>,
    encoding: Encoding,
    data: Vec<u8>,
}

impl Encoded {
    pub(super) fn into_pages(self, descriptor: Descriptor) -> Vec<CompressedPage> {
        let mut pages = Vec::with_capacity(2);
        if let Some((values, n)) = self.dictionary {
            let length = values.len();
            let page = CompressedDictPage::new(
                CowBuffer::Owned(values),
                Compression::Uncompressed,
                length,
                n,
                false,
            );
            pages.push(CompressedPage::Dict(page));
        }
        let header = DataPageHeader::V1(DataPageHeaderV1 {
            num_values: self.rows as i32,
            encoding: self.encoding.into(),
            definition_level_encoding: Encoding::Rle.into(),
            repetition_level_encoding: Encoding::Rle.into(),
            statistics: None,
        });
        let length = self.data.len();
        pages.push(CompressedPage::Data(CompressedDataPage::new(
            header,
            CowBuffer::Owned(self.data),
            Compression::Uncompressed,
            length,
            descriptor,
            self.rows,
        )));
        pages
    }
}

/// Numbers of a type that Parquet stores in four or eight bytes.
pub(super) trait Number: Copy + PartialEq {
    /// Bytes of the stored number.
    type Bytes: AsRef<[u8]>;
    const WIDTH: usize;
    const DTYPE: DataType;
    fn bytes(self) -> Self::Bytes;
    /// The number as a small whole number, if it may stand in a dictionary of 0, 1, 2 …
    fn small(self) -> Option<u32> {
        None
    }
    /// The small whole number as a number of this type.
    fn of_small(small: u32) -> Self;
}

macro_rules! whole_numbers {
    ($($ty:ty as $stored:ty: $dtype:ident),+) => { $(
        impl Number for $ty {
            type Bytes = [u8; size_of::<$stored>()];
            const WIDTH: usize = size_of::<$stored>();
            const DTYPE: DataType = DataType::$dtype;
            #[inline]
            fn bytes(self) -> Self::Bytes {
                (self as $stored).to_le_bytes()
            }
            #[inline]
            fn small(self) -> Option<u32> {
                (u64::from(self) <= u64::from(LARGEST_SMALL)).then_some(self as u32)
            }
            fn of_small(small: u32) -> Self {
                small as $ty
            }
        }
    )+ };
}
whole_numbers!(u8 as u32: UInt8, u16 as u32: UInt16, u32 as u32: UInt32, u64 as u64: UInt64);

impl Number for f32 {
    type Bytes = [u8; 4];
    const WIDTH: usize = 4;
    const DTYPE: DataType = DataType::Float32;
    #[inline]
    fn bytes(self) -> [u8; 4] {
        self.to_le_bytes()
    }
    fn of_small(small: u32) -> f32 {
        small as f32
    }
}

impl Number for f64 {
    type Bytes = [u8; 8];
    const WIDTH: usize = 8;
    const DTYPE: DataType = DataType::Float64;
    #[inline]
    fn bytes(self) -> [u8; 8] {
        self.to_le_bytes()
    }
    fn of_small(small: u32) -> f64 {
        f64::from(small)
    }
}

/// Largest number for which a dictionary of all the numbers up to it is made.
const LARGEST_SMALL: u32 = 1_023;

/// Numbers: a dictionary if all are the same or small, else as they are.
pub(super) fn numbers<T: Number>(values: &[T]) -> Encoded {
    let rows = values.len();
    if let Some(&first) = values.first()
        && values.iter().all(|v| *v == first)
    {
        let mut data = present(rows);
        same_codes(&mut data, 0, 0, rows);
        let dictionary = Some((first.bytes().as_ref().to_vec(), 1));
        return Encoded { rows, dictionary, encoding: Encoding::RleDictionary, data };
    }
    let largest = values.iter().try_fold(0, |largest, v| v.small().map(|small| small.max(largest)));
    if let Some(largest) = largest {
        let mut data = present(rows);
        codes(&mut data, largest, values.iter().map(|v| v.small().unwrap_or(0)));
        let dictionary = (0..=largest).flat_map(|n| T::of_small(n).bytes().as_ref().to_vec()).collect();
        let dictionary = Some((dictionary, largest as usize + 1));
        return Encoded { rows, dictionary, encoding: Encoding::RleDictionary, data };
    }
    let mut data = present(rows);
    let from = data.len();
    data.resize(from + rows * T::WIDTH, 0);
    for (place, value) in data[from..].chunks_exact_mut(T::WIDTH).zip(values) {
        place.copy_from_slice(value.bytes().as_ref());
    }
    Encoded { rows, dictionary: None, encoding: Encoding::Plain, data }
}

/// Whole numbers that are close to the one before, by their differences; `missing` stands for none.
pub(super) fn differences(values: impl ExactSizeIterator<Item = i64> + Clone, missing: i64) -> Encoded {
    let rows = values.len();
    let data = if values.clone().all(|v| v != missing) {
        let mut data = present(rows);
        packed_differences(&mut data, rows, values);
        data
    } else {
        let mut data = presence(values.clone().map(|v| v != missing));
        let there = values.filter(|v| *v != missing);
        packed_differences(&mut data, there.clone().count(), there);
        data
    };
    Encoded { rows, dictionary: None, encoding: Encoding::DeltaBinaryPacked, data }
}

/// Parquet's DELTA_BINARY_PACKED: blocks of 128 differences to the one before, less the smallest of
/// them, each quarter of a block in as many bits as its largest needs.
fn packed_differences(data: &mut Vec<u8>, n: usize, mut values: impl Iterator<Item = i64>) {
    const QUARTER: usize = 32;
    const BLOCK: usize = 4 * QUARTER;
    let zigzag = |v: i64| (v << 1 ^ v >> 63) as u64;
    varint(BLOCK as u64, data);
    varint((BLOCK / QUARTER) as u64, data);
    varint(n as u64, data);
    let mut last = values.next().unwrap_or(0);
    varint(zigzag(last), data);
    let mut left = n.saturating_sub(1);
    while left > 0 {
        let in_block = left.min(BLOCK);
        let mut block = [0; BLOCK];
        let mut least = i64::MAX;
        for (difference, value) in block.iter_mut().zip(values.by_ref().take(in_block)) {
            *difference = value.wrapping_sub(last);
            last = value;
            least = least.min(*difference);
        }
        left -= in_block;
        block[in_block..].fill(least);
        varint(zigzag(least), data);
        let widths_at = data.len();
        data.extend([0; BLOCK / QUARTER]);
        for (quarter, differences) in block.chunks_exact(QUARTER).enumerate() {
            let all = differences.iter().fold(0, |all, d| all | d.wrapping_sub(least) as u64);
            let width = 64 - all.leading_zeros();
            data[widths_at + quarter] = width as u8;
            let (mut packed, mut filled) = (0u128, 0);
            for difference in differences {
                packed |= u128::from(difference.wrapping_sub(least) as u64) << filled;
                filled += width;
                if filled >= 64 {
                    data.extend_from_slice(&(packed as u64).to_le_bytes());
                    packed >>= 64;
                    filled -= 64;
                }
            }
            // 32 numbers of any width fill whole bytes: half a word at most is left.
            data.extend_from_slice(&(packed as u64).to_le_bytes()[..(filled / 8) as usize]);
        }
    }
}

/// Yes or no.
pub(super) fn flags(values: &[bool]) -> Encoded {
    let mut data = present(values.len());
    bits(&mut data, values.iter().copied());
    Encoded { rows: values.len(), dictionary: None, encoding: Encoding::Plain, data }
}

/// The dictionary of some names.
pub(super) fn dictionary_of<'a>(names: impl Iterator<Item = &'a str>) -> (Vec<u8>, usize) {
    let (mut bytes, mut n) = (Vec::new(), 0);
    for name in names {
        bytes.extend((name.len() as u32).to_le_bytes());
        bytes.extend(name.as_bytes());
        n += 1;
    }
    (bytes, n)
}

/// Numbers of names in a dictionary; a number without a name is null.
pub(super) fn names<T: Copy + PartialEq + Into<u32>>(values: &[T], dictionary: &(Vec<u8>, usize)) -> Encoded {
    let rows = values.len();
    let n = dictionary.1 as u32;
    let largest = n.saturating_sub(1);
    let mut data;
    if values.iter().all(|&v| v.into() < n) {
        data = present(rows);
        match values.first() {
            Some(&first) if values.iter().all(|v| *v == first) => {
                same_codes(&mut data, first.into(), largest, rows)
            }
            _ => codes(&mut data, largest, values.iter().map(|&v| v.into())),
        }
    } else {
        data = presence(values.iter().map(|&v| v.into() < n));
        let there: Vec<u32> = values.iter().map(|&v| v.into()).filter(|v| *v < n).collect();
        codes(&mut data, largest, there.into_iter());
    }
    Encoded { rows, dictionary: Some(dictionary.clone()), encoding: Encoding::RleDictionary, data }
}

fn varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// A page in which every row has a value.
fn present(rows: usize) -> Vec<u8> {
    let mut run = Vec::new();
    varint((rows as u64) << 1, &mut run);
    run.push(1);
    let mut data = Vec::with_capacity(64);
    data.extend((run.len() as u32).to_le_bytes());
    data.extend(run);
    data
}

/// A page in which some rows have none.
fn presence(is_there: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let mut data = vec![0; 4];
    varint((is_there.len().div_ceil(8) as u64) << 1 | 1, &mut data);
    bits(&mut data, is_there);
    let length = (data.len() - 4) as u32;
    data[..4].copy_from_slice(&length.to_le_bytes());
    data
}

/// A bit for each, eight to a byte, the first lowest.
fn bits(data: &mut Vec<u8>, mut values: impl ExactSizeIterator<Item = bool>) {
    data.reserve(values.len().div_ceil(8));
    while values.len() > 0 {
        data.push(values.by_ref().take(8).enumerate().fold(0, |byte, (i, bit)| byte | u8::from(bit) << i));
    }
}

fn width_of(largest: u32) -> u32 {
    32 - largest.leading_zeros()
}

/// The same code in every row.
fn same_codes(data: &mut Vec<u8>, code: u32, largest: u32, rows: usize) {
    let width = width_of(largest);
    data.push(width as u8);
    varint((rows as u64) << 1, data);
    data.extend_from_slice(&code.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// Codes up to `largest`, packed in as many bits as that needs.
fn codes(data: &mut Vec<u8>, largest: u32, mut codes: impl ExactSizeIterator<Item = u32>) {
    let width = width_of(largest);
    data.push(width as u8);
    if width == 0 {
        varint((codes.len() as u64) << 1, data);
        return;
    }
    let groups = codes.len().div_ceil(8);
    varint((groups as u64) << 1 | 1, data);
    data.reserve(groups * width as usize);
    while codes.len() > 0 {
        let group = codes.by_ref().take(8);
        if width <= 8 {
            let packed =
                group.fold((0, 0), |(packed, at), code| (packed | u64::from(code) << at, at + width)).0;
            data.extend_from_slice(&packed.to_le_bytes()[..width as usize]);
        } else {
            // At most 16 bits: names and small numbers are counted in u16.
            let packed =
                group.fold((0, 0), |(packed, at), code| (packed | u128::from(code) << at, at + width)).0;
            data.extend_from_slice(&packed.to_le_bytes()[..width as usize]);
        }
    }
}
