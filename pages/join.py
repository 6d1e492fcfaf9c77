"""Join: a pupil takes part in a lesson."""

from mnist_core.language import N_
from mnist_core.ui import frame, late

with frame.page(N_("Join"), N_("Take part in your teacher's lesson."), alone=True):
    with late.LOADING:
        from mnist_core.ui.lesson import joining
    joining.show()
