"""The bundle: the one sealed file that training leaves and everything else uses."""
