"""What an image of MNIST is, for those who need no more of it."""

SIDE = 28
CLASSES = 10
NO_DIGIT = CLASSES  # the label of what is no digit
IMAGE_SHAPE = (SIDE, SIDE, 1)  # as a network takes it
