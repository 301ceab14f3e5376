"""From a folder of pictures to arrays: index, splits, decoded pixels, statistics, augmentation."""
