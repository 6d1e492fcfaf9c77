"""The words of the lab that school does not teach, each in plain sentences with an example from this lab."""

from typing import NamedTuple

from mnist_core.language import N_


class Word(NamedTuple):
    """A word as people look it up."""

    name: str  # as it begins a sentence
    meaning: str
    example: str


WORDS = {
    "accuracy": Word(
        N_("Accuracy"),
        N_("How many pictures out of 100 a model reads right."),
        N_("The shipped model's accuracy is 99.6 %: of 1,000 test pictures it reads 4 wrong."),
    ),
    "activation": Word(
        N_("Activation"),
        N_(
            "A simple rule at the end of a layer that decides which numbers go on. Without it, "
            "many layers could do no more than one."
        ),
        N_("relu, the most common one, turns every number below 0 into 0."),
    ),
    "augmentation": Word(
        N_("Augmentation"),
        N_(
            "Each picture is turned, moved or bent a little before the network sees it. So it "
            "learns that a tilted 4 is still a 4."
        ),
        N_("The recipe thorough trains with augmentation, quick trains without."),
    ),
    "batch": Word(
        N_("Batch"),
        N_("A small pile of pictures. The network looks at all of them, then changes itself a little."),
        N_("quick takes 512 pictures at a time, so one pass through all of them is about 110 small steps."),
    ),
    "batch-normalization": Word(
        N_("Batch normalization"),
        N_("A layer that brings the numbers inside a network back to a similar size. It makes learning faster."),
        N_("The recipe quick uses it, and needs only one epoch."),
    ),
    "calibration": Word(
        N_("Calibration"),
        N_(
            "A model is calibrated if it is as sure as it should be. Of all answers that it gives "
            "with 80 %, 80 out of 100 should be right."
        ),
        N_("Evaluate shows it as a line. The nearer it is to the grey one, the better."),
    ),
    "checkpoint": Word(
        N_("Checkpoint"),
        N_("The saved state of a training, like a saved game. With it, training can go on after a pause or a crash."),
        N_("Switch the computer off while a run trains: it goes on from its last checkpoint."),
    ),
    "confusion-matrix": Word(
        N_("Confusion matrix"),
        N_("A table of what was read as what. Each row is the true digit, each column is what the model says."),
        N_("The number in row 9, column 4 says how many 9s were read as a 4."),
    ),
    "convolution": Word(
        N_("Convolution"),
        N_(
            "A layer that slides a small window over the picture. Everywhere it looks for the "
            "same pattern, such as an edge or a curve."
        ),
        N_("The first layer of quick looks through windows of 5 × 5 pixels."),
    ),
    "dense": Word(
        N_("Dense layer"),
        N_("A layer in which each neuron looks at all the numbers of the layer before."),
        N_("The last layer of each network here is dense, with ten neurons: one for each digit."),
    ),
    "dropout": Word(
        N_("Dropout"),
        N_(
            "While a network trains, some of its neurons are switched off by chance. So it cannot rely on a single one."
        ),
        N_("dropout:0.5 switches off about half of them at each step. When the network answers, all are on."),
    ),
    "early-stopping": Word(
        N_("Early stopping"),
        N_("Training ends by itself when the results have not got better for some epochs."),
        N_("The recipe digit-recognizer may take 20 epochs, but stopped after 15."),
    ),
    "epoch": Word(
        N_("Epoch"),
        N_("One pass through all the training pictures."),
        N_("With 3 epochs, the network sees each picture three times."),
    ),
    "f1": Word(
        "F1",
        N_("One number for precision and recall together. It is high only if both are high."),
        N_("A model that calls everything a 7 finds all the 7s, but its F1 for them is low."),
    ),
    "label": Word(
        N_("Label"),
        N_("What a picture shows, as a person said it. A network learns from pictures with labels."),
        N_("On Explore, the digit below each picture is its label."),
    ),
    "layer": Word(
        N_("Layer"),
        N_("One step of a network. It takes numbers from the step before and passes new ones on."),
        N_("quick has two layers that look for patterns, and two that decide on a digit."),
    ),
    "learning-rate": Word(
        N_("Learning rate"),
        N_(
            "How big a step the network takes each time it changes itself. Too big and it jumps "
            "about, too small and it hardly moves."
        ),
        N_("Try 0.5 on Train and watch the curve."),
    ),
    "likely-between": Word(
        N_("Likely between"),
        N_(
            "A test leaves room for chance. On far more pictures like these, the accuracy would "
            "most likely lie between the two numbers. This is a 95 % interval, by Wilson's formula."
        ),
        N_("On 10,000 test pictures the shipped model is right on 9,960: likely between 99.46 and 99.71 %."),
    ),
    "loss": Word(
        N_("Loss"),
        N_(
            "One number for how wrong a network is. It counts being wrong and sure as worse than "
            "being wrong and unsure. Training tries to make it small."
        ),
        N_("A network that only guesses among ten digits has a loss of about 2.3."),
    ),
    "mean-image": Word(
        N_("Mean image"),
        N_("Many pictures laid over each other. Each pixel is the mean of that pixel in all of them."),
        N_("Explore shows the mean of all 0s, of all 1s, and so on."),
    ),
    "mnist": Word(
        "MNIST",
        N_(
            "70,000 handwritten digits from the United States, by office workers and pupils. "
            "Networks have been tested on them since 1998."
        ),
        N_("Explore shows them: 60,000 to train on and 10,000 to test with."),
    ),
    "model": Word(
        N_("Model"),
        N_("A trained network that answers: you show it a picture, it says a digit."),
        N_("One model comes with the lab; each run that you finish is another."),
    ),
    "network": Word(
        N_("Network"),
        N_("Layers of simple calculations, one after the other. The numbers in them are learned from examples."),
        N_("The network of quick has 85,674 numbers to learn."),
    ),
    "overfitting": Word(
        N_("Overfitting"),
        N_(
            "A network learns its training pictures by heart, and gets worse at new ones. Like a "
            "pupil who learned the answers but not the rule."
        ),
        N_("On Train you see it when the blue loss falls while the orange one rises."),
    ),
    "parameter": Word(
        N_("Parameter"),
        N_("A number inside a network that training changes."),
        N_("quick has 85,674 of them; the shipped model has 443,850."),
    ),
    "pixel": Word(
        N_("Pixel"),
        N_("One small square of a picture. For the lab it is a number: 0 is black, 255 is white."),
        N_("A digit here has 28 rows of 28 pixels. That makes 784 numbers, and they are all that a network sees."),
    ),
    "points": Word(
        N_("Points (of percent)"),
        N_("How far two shares in percent are apart: the larger one minus the smaller one."),
        N_("From a bet of 97 % to a result of 99.1 % it is 2.1 points."),
    ),
    "pooling": Word(
        N_("Pooling"),
        N_("A layer that makes a picture smaller. Of each small square it keeps one number, such as the largest."),
        N_("maxpool:2 turns 28 × 28 numbers into 14 × 14."),
    ),
    "precision": Word(
        N_("Precision"),
        N_("When the model says 7, how often is it right?"),
        N_("If 99 of 100 answers “7” are right, the precision for 7 is 99 %."),
    ),
    "probability": Word(
        N_("Probability"),
        N_("How sure a model is of an answer, from 0 to 100 %. Its ten probabilities, one a digit, add up to 100 %."),
        N_("On Draw, ten bars show them. A drawing between 1 and 7 makes both bars high."),
    ),
    "recall": Word(
        N_("Recall"),
        N_("Of all the 7s that there are, how many does the model find?"),
        N_("If it reads 95 of 100 real 7s as a 7, the recall for 7 is 95 %."),
    ),
    "recipe": Word(
        N_("Recipe"),
        N_("Settings with a name: which network, and how it is trained."),
        N_("quick is a small network for class: about 99 % right in seconds."),
    ),
    "run": Word(
        N_("Run"),
        N_("One training, from Start to the end. A finished run leaves a model."),
        N_("Each press of Start on Train is a run."),
    ),
    "seed": Word(
        N_("Seed"),
        N_("The number that chance starts from. The same seed brings the same chance again, so a run can be repeated."),
        N_("Two runs of quick with seed 1 are the same. With seed 2 it comes out a little different."),
    ),
    "softmax": Word(
        N_("Softmax"),
        N_("The last step of a network. It turns ten scores into ten probabilities that add up to 100 %."),
        N_("The bars on Draw are what softmax makes."),
    ),
    "temperature": Word(
        N_("Temperature"),
        N_("Networks are often too sure. One number, the temperature, corrects it."),
        N_("The lab finds it for each model after training; the digit that is read stays the same."),
    ),
    "test-set": Word(
        N_("Test set"),
        N_("Pictures kept back until the end. The network never sees them before it is judged."),
        N_("MNIST has 10,000 of them. They are for the last word, not for trying settings."),
    ),
    "trial": Word(
        N_("Trial"),
        N_("One run of a sweep, with settings of its own."),
        N_("A sweep that tries four learning rates has four trials."),
    ),
    "sweep": Word(
        N_("Sweep"),
        N_("Many runs, started together, that try different settings to find the best."),
        N_("On Sweep, try the learning rates 0.001, 0.01 and 0.1."),
    ),
    "validation": Word(
        N_("Validation"),
        N_(
            "A small test after each epoch, with pictures that the network does not learn from. "
            "It shows how well it reads what is new to it."
        ),
        N_("On Train it is the orange line; the lab keeps some of MNIST's training pictures for it."),
    ),
}
