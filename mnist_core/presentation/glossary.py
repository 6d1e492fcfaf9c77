"""The words of the lab that school does not teach, each in plain sentences with an example from this lab."""

from typing import NamedTuple


class Word(NamedTuple):
    """A word as people look it up."""

    name: str  # as it begins a sentence
    meaning: str
    example: str


WORDS = {
    "accuracy": Word(
        "Accuracy",
        "How many pictures out of 100 a model reads right.",
        "The shipped model's accuracy is 99.6 %: of 1,000 test pictures it reads 4 wrong.",
    ),
    "activation": Word(
        "Activation",
        "A simple rule at the end of a layer that decides which numbers go on. Without it, many layers could do no "
        "more than one.",
        "relu, the most common one, turns every number below 0 into 0.",
    ),
    "augmentation": Word(
        "Augmentation",
        "Each picture is turned, moved or bent a little before the network sees it. So it learns that a tilted 4 is "
        "still a 4.",
        "The recipe thorough trains with augmentation, quick trains without.",
    ),
    "batch": Word(
        "Batch",
        "A small pile of pictures that the network looks at together before it changes itself a little.",
        "quick takes 512 pictures at a time, so one pass through all of them is about 110 small steps.",
    ),
    "batch-normalization": Word(
        "Batch normalization",
        "A layer that brings the numbers inside a network back to a similar size. It makes learning faster.",
        "The recipe quick uses it, and needs only one epoch.",
    ),
    "calibration": Word(
        "Calibration",
        "A model is calibrated if it is as sure as it should be. Of all answers that it gives with 80 %, 80 out of 100 "
        "should be right.",
        "Evaluate shows it as a line: the nearer it is to the diagonal, the better.",
    ),
    "checkpoint": Word(
        "Checkpoint",
        "The saved state of a training, like a saved game. With it, training can go on after a pause or a crash.",
        "Switch the computer off while a run trains: it goes on from its last checkpoint.",
    ),
    "confusion-matrix": Word(
        "Confusion matrix",
        "A table of what was read as what. Each row is the true digit, each column is what the model says.",
        "The number in row 9, column 4 says how many 9s were read as a 4.",
    ),
    "convolution": Word(
        "Convolution",
        "A layer that slides a small window over the picture and looks for the same pattern everywhere, such as an "
        "edge or a curve.",
        "The first layer of quick looks through windows of 5 × 5 pixels.",
    ),
    "dense": Word(
        "Dense layer",
        "A layer in which each neuron looks at all the numbers of the layer before.",
        "The last layer of each network here is dense, with ten neurons: one for each digit.",
    ),
    "dropout": Word(
        "Dropout",
        "While a network trains, some of its neurons are switched off by chance. So it cannot rely on a single one.",
        "dropout:0.5 switches off about half of them at each step. When the network answers, all are on.",
    ),
    "early-stopping": Word(
        "Early stopping",
        "Training ends by itself when the results have not got better for some epochs.",
        "The recipe digit-recognizer may take 20 epochs, but stopped after 15.",
    ),
    "epoch": Word(
        "Epoch",
        "One pass through all the training pictures.",
        "With 3 epochs, the network sees each picture three times.",
    ),
    "f1": Word(
        "F1",
        "One number for precision and recall together. It is high only if both are high.",
        "A model that calls everything a 7 finds all the 7s, but its F1 for them is low.",
    ),
    "label": Word(
        "Label",
        "What a picture shows, as a person said it. A network learns from pictures with labels.",
        "On Explore, the digit below each picture is its label.",
    ),
    "layer": Word(
        "Layer",
        "One step of a network. It takes numbers from the step before and passes new ones on.",
        "quick has two layers that look for patterns, and two that decide on a digit.",
    ),
    "learning-rate": Word(
        "Learning rate",
        "How big a step the network takes each time it changes itself. Too big and it jumps about, too small and it "
        "hardly moves.",
        "Try 0.5 on Train and watch the curve.",
    ),
    "loss": Word(
        "Loss",
        "One number for how wrong a network is. It counts being wrong and sure as worse than being wrong and unsure. "
        "Training tries to make it small.",
        "A network that only guesses among ten digits has a loss of about 2.3.",
    ),
    "mean-image": Word(
        "Mean image",
        "Many pictures laid over each other: each pixel is the average of that pixel in all of them.",
        "Explore shows the mean of all 0s, of all 1s, and so on.",
    ),
    "mnist": Word(
        "MNIST",
        "70,000 handwritten digits from the United States, by office workers and pupils. Networks have been tested on "
        "them since 1998.",
        "Explore shows them: 60,000 to train on and 10,000 to test with.",
    ),
    "model": Word(
        "Model",
        "A trained network that answers: you show it a picture, it says a digit.",
        "One model comes with the lab; each run that you finish is another.",
    ),
    "network": Word(
        "Network",
        "Layers of simple calculations, one after the other. The numbers in them are learned from examples.",
        "The network of quick has 85,674 numbers to learn.",
    ),
    "overfitting": Word(
        "Overfitting",
        "A network learns its training pictures by heart, and gets worse at new ones. Like a pupil who learned the "
        "answers but not the rule.",
        "On Train you see it when the blue loss falls while the orange one rises.",
    ),
    "parameter": Word(
        "Parameter",
        "A number inside a network that training changes.",
        "quick has 85,674 of them; the shipped model has 480,778.",
    ),
    "pixel": Word(
        "Pixel",
        "One small square of a picture. For the lab it is a number: 0 is black, 255 is white.",
        "A digit here has 28 rows of 28 pixels. That makes 784 numbers, and they are all that a network sees.",
    ),
    "pooling": Word(
        "Pooling",
        "A layer that makes a picture smaller. Of each small square it keeps one number, such as the largest.",
        "maxpool:2 turns 28 × 28 numbers into 14 × 14.",
    ),
    "precision": Word(
        "Precision",
        "When the model says 7, how often is it right?",
        "If 99 of 100 answers \u201c7\u201d are right, the precision for 7 is 99 %.",
    ),
    "probability": Word(
        "Probability",
        "How sure a model is of an answer, from 0 to 100 %. Its ten probabilities, one a digit, add up to 100 %.",
        "On Draw, ten bars show them. A drawing between 1 and 7 makes both bars high.",
    ),
    "recall": Word(
        "Recall",
        "Of all the 7s that there are, how many does the model find?",
        "If it reads 95 of 100 real 7s as a 7, the recall for 7 is 95 %.",
    ),
    "recipe": Word(
        "Recipe",
        "Settings with a name: which network, and how it is trained.",
        "quick is a small network for class: about 99 % right in seconds.",
    ),
    "run": Word(
        "Run",
        "One training, from Start to the end. A finished run leaves a model.",
        "Each press of Start on Train is a run.",
    ),
    "seed": Word(
        "Seed",
        "The number that chance starts from. The same seed brings the same chance again, so a run can be repeated.",
        "Two runs of quick with seed 1 are the same. With seed 2 it comes out a little different.",
    ),
    "softmax": Word(
        "Softmax",
        "The last step of a network. It turns ten scores into ten probabilities that add up to 100 %.",
        "The bars on Draw are what softmax makes.",
    ),
    "temperature": Word(
        "Temperature",
        "Networks are often too sure. One number, the temperature, corrects it.",
        "The lab finds it for each model after training; the digit that is read stays the same.",
    ),
    "test-set": Word(
        "Test set",
        "Pictures kept back until the end. The network never sees them before it is judged.",
        "MNIST has 10,000 of them. They are for the last word, not for trying settings.",
    ),
    "trial": Word(
        "Trial",
        "One run of a sweep, with settings of its own.",
        "A sweep that tries four learning rates has four trials.",
    ),
    "sweep": Word(
        "Sweep",
        "Many runs, started together, that try different settings to find the best.",
        "On Sweep, try the learning rates 0.001, 0.01 and 0.1.",
    ),
    "validation": Word(
        "Validation",
        "A small test after each epoch, with pictures that the network does not learn from. It shows how well it reads "
        "what is new to it.",
        "On Train it is the orange line; the lab keeps some of MNIST's training pictures for it.",
    ),
}
