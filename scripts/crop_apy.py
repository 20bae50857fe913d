#!/usr/bin/env python3
"""Cuts the objects of aPascal & aYahoo out of their photos.

    python scripts/crop_apy.py DATA
    erpc-pipe data check apy

An image of this data set is one object: the box of a line of `attribute_data/apascal_train.txt`,
`apascal_test.txt` or `ayahoo_test.txt`, in this order, which is that of the Proposed Split. Reads
`DATA/attribute_data`, `DATA/VOCdevkit/VOC2008/JPEGImages` and `DATA/ayahoo_test_images`; writes
`DATA/aPY/images/CLASS/NUMBER.jpg` (quality 95) and `DATA/aPY/image_files.txt`, which has their names in order.
Boxes are [x1, y1, x2, y2] in pixels, both ends inside, and are cut off at the border of the photo.

Needs Pillow.
"""

import argparse
import sys
from pathlib import Path

LISTS = {
    "apascal_train.txt": "VOCdevkit/VOC2008/JPEGImages",
    "apascal_test.txt": "VOCdevkit/VOC2008/JPEGImages",
    "ayahoo_test.txt": "ayahoo_test_images",
}
OBJECTS = 15_339


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the data folder")
    data = parser.parse_args().data
    objects = [found for name, folder in LISTS.items() for found in read(data, name, folder)]
    if len(objects) != OBJECTS:
        sys.exit(f"the lists have {len(objects)} objects, expected {OBJECTS}")
    missing = sorted({str(photo) for photo, _, _ in objects if not photo.exists()})
    if missing:
        sys.exit(f"{len(missing)} photos are missing, first {missing[0]}")
    names = []
    for number, (photo, label, box) in enumerate(objects, 1):
        name = f"{label}/{number:05}.jpg"
        cut(photo, box, data / "aPY" / "images" / name)
        names.append(name)
        if number % 1000 == 0:
            print(f"{number} of {len(objects)}")
    (data / "aPY" / "image_files.txt").write_text("".join(f"{name}\n" for name in names))
    print(f"{len(names)} objects of {len({name.split('/')[0] for name in names})} classes")


def read(data, name, folder):
    """Photo, class and box of every line."""
    for number, line in enumerate((data / "attribute_data" / name).read_text().splitlines(), 1):
        words = line.split()
        if len(words) < 6:
            sys.exit(f"{name}, line {number}: expected a photo, a class and a box")
        yield data / folder / words[0], words[1], [int(float(word)) for word in words[2:6]]


def cut(photo, box, target):
    from PIL import Image

    with Image.open(photo) as image:
        left, top = max(box[0] - 1, 0), max(box[1] - 1, 0)
        right, bottom = min(box[2], image.width), min(box[3], image.height)
        if right <= left or bottom <= top:
            sys.exit(f"{photo}: the box {box} is empty")
        target.parent.mkdir(parents=True, exist_ok=True)
        image.convert("RGB").crop((left, top, right, bottom)).save(target, quality=95)


if __name__ == "__main__":
    main()
