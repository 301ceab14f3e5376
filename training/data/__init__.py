"""From a folder of images to arrays: index, splits, decoded pixels, statistics, augmentation."""
